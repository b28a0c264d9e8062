//! Paths of guests: the name of a granted directory and the way below it. A path with two readings is refused, not interpreted.

/// Bytes of a path.
const LONGEST: usize = 4_096;
/// Bytes of one part; what file systems take.
const LONGEST_PART: usize = 255;
/// Directories within directories.
pub(crate) const DEEPEST: usize = 64;

/// A path in its one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilesPath<'a> {
    pub(crate) directory: &'a str,
    /// The way below; empty for the directory itself.
    pub(crate) below: &'a str,
}

impl<'a> FilesPath<'a> {
    /// Reads a path, or says why it has no reading.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("the path is longer than {LONGEST} bytes"));
        }
        if text.starts_with('/') {
            return Err("the path is absolute".into());
        }
        if text.contains(['\0', '\\']) || text.chars().any(char::is_control) {
            return Err("the path has a backslash or a control character".into());
        }
        for (depth, part) in text.split('/').enumerate() {
            match part {
                "" => return Err("the path has an empty part".into()),
                "." | ".." => return Err(format!("`{part}` is not followed")),
                _ if part.len() > LONGEST_PART => {
                    return Err(format!("a part of the path is longer than {LONGEST_PART} bytes"));
                }
                _ if depth > DEEPEST => return Err(format!("the path has more than {DEEPEST} parts")),
                _ => {}
            }
        }
        let (directory, below) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { directory, below })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_names_the_directory() {
        assert_eq!(FilesPath::parse("config"), Ok(FilesPath { directory: "config", below: "" }));
        assert_eq!(FilesPath::parse("config/a/b.yaml"), Ok(FilesPath { directory: "config", below: "a/b.yaml" }));
        assert_eq!(FilesPath::parse("config/..a/b..").map(|path| path.below), Ok("..a/b.."));
    }

    #[test]
    fn refuses_paths_with_two_readings() {
        let (long, deep) = ("a".repeat(256), "a/".repeat(70) + "a");
        let endless = "a/".repeat(3_000);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "config/..",
            "config/../x",
            "../config",
            ".",
            "config/./x",
            "config//x",
            "config/",
            "config/a\0b",
            "config\\..\\x",
            "config/a\nb",
            &long,
            &deep,
            &endless,
        ] {
            assert!(FilesPath::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }
}
