//! The languages of the pages, and the choice among them.

/// A language that the pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    BrazilianPortuguese,
}

impl Language {
    /// All languages, the default first.
    pub(super) const ALL: [Self; 2] = [Self::English, Self::BrazilianPortuguese];

    /// Returns the language's tag (BCP 47).
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::BrazilianPortuguese => "pt-BR",
        }
    }

    /// Returns the language's name in itself.
    pub(super) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::BrazilianPortuguese => "Português",
        }
    }

    /// Returns the two letters that the switch shows.
    pub(super) fn short_name(self) -> &'static str {
        match self {
            Self::English => "EN",
            Self::BrazilianPortuguese => "PT",
        }
    }

    /// Returns the language of a tag, by its first part: every `en-…` reads English, every `pt-…` Brazilian Portuguese.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.tag()[..2].eq_ignore_ascii_case(primary))
    }

    /// Returns the language to answer in: the one asked for in the address, else the one remembered from an earlier
    /// choice, else the best of `Accept-Language`, else English.
    pub(super) fn negotiate(asked: Option<&str>, remembered: Option<&str>, accepted: Option<&str>) -> Self {
        asked
            .and_then(Self::of_tag)
            .or_else(|| remembered.and_then(Self::of_tag))
            .or_else(|| accepted.and_then(Self::best_of))
            .unwrap_or(Self::English)
    }

    /// Returns the known language of the highest weight, the first one among equals.
    fn best_of(accepted: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in accepted.split(',') {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::of_tag) else { continue };
            let weight = parts.find_map(|parameter| parameter.trim().strip_prefix("q="));
            let weight = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(highest, _)| weight > highest) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::{Language::*, *};

    #[test]
    fn the_address_wins_over_the_memory_and_the_header() {
        let all = Language::negotiate(Some("pt-BR"), Some("en"), Some("en-GB"));
        assert_eq!(all, BrazilianPortuguese);
        assert_eq!(Language::negotiate(None, Some("pt-BR"), Some("en")), BrazilianPortuguese);
        assert_eq!(Language::negotiate(None, None, Some("pt-PT,en;q=0.5")), BrazilianPortuguese);
        assert_eq!(Language::negotiate(None, None, None), English);
    }

    #[test]
    fn an_unknown_language_is_passed_over() {
        assert_eq!(Language::negotiate(Some("fr"), None, Some("pt-BR")), BrazilianPortuguese);
        assert_eq!(Language::negotiate(Some(""), Some("x"), Some("de, fr;q=0.9")), English);
    }

    #[test]
    fn the_header_is_read_by_weight() {
        let accept = |value| Language::negotiate(None, None, Some(value));
        assert_eq!(accept("en;q=0.7, pt-BR;q=0.9"), BrazilianPortuguese);
        assert_eq!(accept("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5"), English);
        assert_eq!(accept("pt;q=0, en;q=0.1"), English);
        assert_eq!(accept("en, pt"), English);
        assert_eq!(accept("pt;q=nonsense, ,;;, en;q=0.2"), English);
        assert_eq!(accept("PT_br"), BrazilianPortuguese);
    }
}
