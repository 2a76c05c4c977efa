//! Names of models as clients write them. They are checked before anything else: a text of a megabyte that is no name would come
//! back in every message about it.

use std::fmt;

use closecast_model::is_model_name;

/// What was sent as the name of a model, and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAName {
    field: &'static str,
}

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        write!(
            f,
            "{field}: must have 1 to 64 characters: letters, digits and . - _ ^ =, not starting with . or -; such as BASE"
        )
    }
}

/// Refuses what no model can be called. No name at all is right.
///
/// # Errors
/// [`NotAName`], which names the field and not what was in it.
pub(crate) fn check_model_name(field: &'static str, name: Option<&str>) -> Result<(), NotAName> {
    if name.is_none_or(is_model_name) { Ok(()) } else { Err(NotAName { field }) }
}
