//! What a small file says, a value by each key: TOML, YAML, JSON or `.env`, by the ending of its name. Pure.

use holdpoint_formats::{Scalar, scalars};

use crate::dates::Moment;

/// The values of a file.
#[derive(Debug)]
pub(crate) struct Facts(Vec<Scalar>);

impl Facts {
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        scalars(name, text)
            .map(Self)
            .map_err(|error| format!("it can't be parsed at {}:{}: {}", error.at.line, error.at.column, error.why))
    }

    /// The value of a key, which has one.
    pub(crate) fn get(&self, key: &[&str]) -> Result<&str, String> {
        let mut found = self.0.iter().filter(|scalar| scalar.path == key).map(|scalar| scalar.value.trim());
        let shown = key.join(".");
        match (found.next(), found.next()) {
            (Some(""), None) => Err(format!("`{shown}` is empty")),
            (Some(value), None) => Ok(value),
            (Some(_), Some(_)) => Err(format!("`{shown}` stands there twice")),
            (None, _) => Err(format!("`{shown}` is not there")),
        }
    }

    /// Whether a key is there, whatever it says.
    pub(crate) fn has(&self, key: &[&str]) -> bool {
        self.0.iter().any(|scalar| scalar.path == key)
    }

    /// The moment of a key, which a date alone does not say.
    pub(crate) fn exact_moment(&self, key: &[&str]) -> Result<Moment, String> {
        let moment = self.moment(key)?;
        if moment.is_day {
            let (key, text) = (key.join("."), self.get(key)?);
            return Err(format!("`{key} = {text}`: a notice of hours needs moments: write {text}T09:00:00Z"));
        }
        Ok(moment)
    }

    /// The moment or the day of a key.
    pub(crate) fn moment(&self, key: &[&str]) -> Result<Moment, String> {
        let text = self.get(key)?;
        let wrong =
            || format!("`{} = {text}` is neither a date nor a moment with its offset (RFC 3339)", key.join("."));
        Moment::parse(text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_value_in_whatever_format() {
        for (name, text) in [
            ("x.toml", "starts = 2026-01-01T09:00:00Z\n[trained]\n\"A. Doe\" = 2026-01-01\n"),
            ("x.yaml", "starts: 2026-01-01T09:00:00Z\ntrained: { A. Doe: 2026-01-01 }\n"),
            ("x.json", r#"{ "starts": "2026-01-01T09:00:00Z", "trained": { "A. Doe": "2026-01-01" } }"#),
        ] {
            let facts = Facts::parse(name, text).expect(name);
            assert_eq!(facts.get(&["starts"]), Ok("2026-01-01T09:00:00Z"), "{name}");
            assert!(facts.moment(&["trained", "A. Doe"]).is_ok(), "{name}");
            assert!(facts.exact_moment(&["starts"]).is_ok(), "{name}");
            let vague = facts.exact_moment(&["trained", "A. Doe"]).expect_err(name);
            assert!(vague.ends_with("a notice of hours needs moments: write 2026-01-01T09:00:00Z"), "{vague}");
            assert_eq!(facts.get(&["trained", "B. Doe"]), Err("`trained.B. Doe` is not there".to_owned()), "{name}");
        }
    }

    #[test]
    fn what_says_nothing_or_two_things_is_told() {
        let facts = Facts::parse("x.yaml", "a: 1\na: 2\nb: ' '\nc: soon\n").expect("it is YAML");
        assert_eq!(facts.get(&["a"]), Err("`a` stands there twice".to_owned()));
        assert_eq!(facts.get(&["b"]), Err("`b` is empty".to_owned()));
        let wrong = "`c = soon` is neither a date nor a moment with its offset (RFC 3339)";
        assert_eq!(facts.moment(&["c"]), Err(wrong.to_owned()));
        let broken = Facts::parse("x.toml", "a = 1\nb = \n").expect_err("it breaks");
        assert!(broken.starts_with("it can't be parsed at 2:5: "), "{broken}");
    }
}
