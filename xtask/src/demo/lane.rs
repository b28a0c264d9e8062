//! Demonstrations side by side: each is in a lane with ports, a folder and an operator's file of its own.
//!
//! The first lane has the operator's file as it ships. That of another is a copy in its folder, in which ports and folder are replaced and nothing else.

use super::ports::{PORTS, Ports};

/// Where the services' certificate, gcloud's token and the files under judgement lie. The operator's file names it.
const FOLDER: &str = ".holdpoint/demo";
/// The copy has the place of the shipped file in depth, so that the paths in it lead to where they did.
const COPY: &str = "holdpoint.toml";
/// Lanes are so many ports apart.
const APART: u16 = 20;

/// A place for one demonstration at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane {
    number: u16,
    pub(super) ports: Ports,
}

impl Lane {
    /// How many there are at most.
    pub(crate) const MOST: u16 = 4;
    /// The operator's file as it ships, below the root.
    pub(super) const SHIPPED: &'static str = "tests/staging-double/holdpoint.toml";
    /// Where a demonstration is that has nothing beside it.
    pub(crate) const FIRST: Self = Self { number: 1, ports: PORTS };

    /// The lane of this number, from 1 to the most.
    pub(crate) fn numbered(number: u16) -> Self {
        let number = number.clamp(1, Self::MOST);
        Self { number, ports: PORTS.shifted((number - 1) * APART) }
    }

    /// Free ports instead of its own, for tests.
    #[cfg(test)]
    pub(super) fn on(self, ports: Ports) -> Self {
        Self { ports, ..self }
    }

    /// The files of its demonstration, below the root.
    pub(super) fn folder(self) -> String {
        self.named(FOLDER)
    }

    /// A folder of this name that the lane has for itself: the name, and from the second lane on its number.
    pub(crate) fn named(self, name: &str) -> String {
        if self.is_first() { name.to_owned() } else { format!("{name}-{}", self.number) }
    }

    /// Its operator's file, below the root.
    pub(super) fn operator(self) -> String {
        if self.is_first() { Self::SHIPPED.to_owned() } else { format!("{}/{COPY}", self.folder()) }
    }

    /// The text of its operator's file, by the shipped one; absent where that is its own.
    pub(super) fn copied(self, shipped: &str) -> Option<String> {
        if self.is_first() {
            return None;
        }
        // No port of a lane is one of another, so none is replaced twice.
        let ports = PORTS.all().into_iter().zip(self.ports.all());
        let text =
            ports.fold(shipped.to_owned(), |text, (ours, theirs)| text.replace(&ours.to_string(), &theirs.to_string()));
        Some(text.replace(FOLDER, &self.folder()))
    }

    pub(crate) fn is_first(self) -> bool {
        self.number == 1
    }
}

impl std::fmt::Display for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "lane {}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TEXT: &str = include_str!("../../../tests/staging-double/holdpoint.toml");

    fn lanes() -> impl Iterator<Item = Lane> {
        (1..=Lane::MOST).map(Lane::numbered)
    }

    #[test]
    fn the_first_lane_is_as_it_ships() {
        assert_eq!(Lane::numbered(1), Lane::FIRST);
        assert_eq!(Lane::FIRST.copied(TEXT), None);
        assert_eq!((Lane::FIRST.folder().as_str(), Lane::FIRST.operator().as_str()), (FOLDER, Lane::SHIPPED));
        assert_eq!(Lane::FIRST.named("ci"), "ci");
    }

    #[test]
    fn lanes_share_no_port_and_no_folder() {
        let ports: BTreeSet<u16> = lanes().flat_map(|lane| lane.ports.all()).collect();
        assert_eq!(ports.len(), usize::from(Lane::MOST) * PORTS.all().len());
        let folders: BTreeSet<String> = lanes().map(Lane::folder).collect();
        assert_eq!(folders.len(), usize::from(Lane::MOST));
        assert_eq!((Lane::numbered(0), Lane::numbered(9)), (Lane::FIRST, Lane::numbered(Lane::MOST)));
    }

    #[test]
    fn a_copy_can_be_read_and_has_nothing_of_the_first_lane() {
        for lane in lanes().filter(|lane| !lane.is_first()) {
            let text = lane.copied(TEXT).unwrap();
            assert!(toml_span::parse(&text).is_ok(), "{lane}");
            for port in PORTS.all() {
                assert!(!text.contains(&port.to_string()), "{lane}: {port}");
            }
            for port in lane.ports.all() {
                assert!(text.contains(&port.to_string()), "{lane}: {port}");
            }
            let folder = format!("\"../../{}", lane.folder());
            assert_eq!(text.matches(&folder).count(), text.matches(FOLDER).count(), "{lane}");
            assert_eq!(text.matches(&folder).count(), TEXT.matches(FOLDER).count(), "{lane}");
            // It is two folders below the root, as the shipped one is.
            assert_eq!(lane.operator().matches('/').count(), Lane::SHIPPED.matches('/').count(), "{lane}");
            assert_eq!(text.lines().count(), TEXT.lines().count(), "{lane}");
        }
    }
}
