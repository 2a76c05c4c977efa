//! The texts of the pages, one file a language under `i18n/`.

use std::{collections::BTreeMap, sync::LazyLock};

use super::language::Language;

static ENGLISH: LazyLock<Messages> = LazyLock::new(|| Messages::read(include_str!("i18n/en.json")));
static BRAZILIAN_PORTUGUESE: LazyLock<Messages> = LazyLock::new(|| Messages::read(include_str!("i18n/pt-BR.json")));

/// The texts of one language by key, such as `forecast.title`; `{name}` in a text is filled by the page's scripts.
pub(super) struct Messages(BTreeMap<String, String>);

impl Messages {
    /// Returns the texts of `language`.
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::BrazilianPortuguese => &BRAZILIAN_PORTUGUESE,
        }
    }

    /// Returns the text of `key`, or the key itself where a text is missing (the tests see to it that none is).
    pub(super) fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.0.get(key).map_or(key, String::as_str)
    }

    /// Returns all texts as one JSON object that can stand inside a script element: `<` is written as an escape.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default().replace('<', "\\u003c")
    }

    fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn keys(messages: &Messages) -> BTreeSet<&str> {
        messages.0.keys().map(String::as_str).collect()
    }

    /// Returns the names in braces of a text.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    /// Returns the templates and scripts as one text.
    fn sources() -> String {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
        let files = ["templates", "static"].map(|folder| fs::read_dir(pages.join(folder)).unwrap());
        files.into_iter().flatten().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    #[test]
    fn the_languages_have_the_same_keys_and_placeholders() {
        let english = Messages::of(Language::English);
        assert!(!english.0.is_empty());
        for language in Language::ALL {
            let other = Messages::of(language);
            assert_eq!(keys(other), keys(english), "{language:?}");
            for (key, text) in &other.0 {
                assert_eq!(placeholders(text), placeholders(english.text(key)), "{key} in {language:?}");
                assert!(!text.trim().is_empty(), "{key} is empty in {language:?}");
            }
        }
    }

    #[test]
    fn every_key_asked_for_exists() {
        let sources = sources();
        let english = Messages::of(Language::English);
        let mut found = 0;
        for call in ["t(\"", "text(\""] {
            for (at, _) in sources.match_indices(call) {
                // `split("` and `.at("` end in the same letter.
                let inside_a_word = sources[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                let key = sources[at + call.len()..].split('"').next().unwrap();
                assert!(inside_a_word || english.0.contains_key(key), "{key} is asked for and has no text");
                found += usize::from(!inside_a_word);
            }
        }
        assert!(found > 100, "only {found} calls found: has the way of asking for texts changed?");
    }

    /// Keys made at run time (`verdict.${code}`, `model.kind_${kind}`) count as asked for when their first part is written so.
    #[test]
    fn every_text_is_used() {
        let sources = sources();
        for key in keys(Messages::of(Language::English)) {
            let parts = [
                key.rsplit_once('.').map(|(first, _)| (first, '.')),
                key.split_once('_').map(|(first, _)| (first, '_')),
            ];
            let made = parts.iter().flatten().any(|(first, end)| sources.contains(&format!("`{first}{end}${{")));
            let used = made || sources.contains(&format!("\"{key}\""));
            assert!(used, "{key} is used nowhere");
        }
    }

    #[test]
    fn the_json_can_stand_inside_a_script_element() {
        let messages = Messages::read(r#"{"a.b": "</script><!-- \" & é"}"#);
        assert!(!messages.json().contains('<'));
        let back: BTreeMap<String, String> = serde_json::from_str(&messages.json()).unwrap();
        assert_eq!(back["a.b"], "</script><!-- \" & é");
    }
}
