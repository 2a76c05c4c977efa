//! HTML taken apart far enough to see that every element ends where it should.

/// Elements without an end of their own.
const VOID: [&str; 3] = ["meta", "br", "!DOCTYPE"];

/// Returns the names of all elements in order of their beginnings. Panics when one does not end, or another ends in its place.
pub(crate) fn elements(html: &str) -> Vec<String> {
    let (mut all, mut open) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap().to_owned();
        assert!(name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!'), "a stray < before {tag:?}");
        if tag.starts_with('/') {
            assert_eq!(
                open.pop(),
                Some(name),
                "the end of another element, before {:?}",
                &after[..after.len().min(60)]
            );
            continue;
        }
        all.push(name.clone());
        if !VOID.contains(&&*name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} do not end");
    all
}
