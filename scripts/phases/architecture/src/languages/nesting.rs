//! How deep brackets may stand in brackets. Parsers call themselves for each, and a guest whose stack ends says nothing of the file.

use crate::source::Unparsable;

/// More than people write. The engine's stack holds this in every language, with room for what stands between the brackets.
const DEEPEST: usize = 100;

/// Counts brackets without knowing strings and comments: it may refuse too much, and a file that is refused is never clean.
pub(super) fn check(text: &str) -> Result<(), Unparsable> {
    let mut depth = 0_usize;
    for (line, content) in (1..).zip(text.split('\n')) {
        for byte in content.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                return Err(Unparsable { line, why: format!("brackets are nested deeper than {DEEPEST}") });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, check};

    #[test]
    fn brackets_may_stand_side_by_side_and_not_too_deep() {
        assert_eq!(check(&"([{}])\n".repeat(10_000)), Ok(()));
        assert_eq!(check(&"(".repeat(DEEPEST)), Ok(()));
        let error = check(&format!("x\n{}", "(".repeat(DEEPEST + 1))).expect_err("too deep");
        assert_eq!((error.line, error.why.as_str()), (2, "brackets are nested deeper than 100"));
    }
}
