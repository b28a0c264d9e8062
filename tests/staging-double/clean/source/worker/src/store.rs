//! The database as the jobs see it.

use std::cell::RefCell;

pub struct Store {
    url: String,
    removed: RefCell<Vec<String>>,
}

impl Store {
    pub fn open(url: &str) -> Self {
        Self { url: url.to_owned(), removed: RefCell::default() }
    }

    pub fn remove(&self, key: &str) -> usize {
        let mut removed = self.removed.borrow_mut();
        removed.push(format!("{}/{key}", self.url));
        removed.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn counts_what_it_removes() {
        assert_eq!(Store::open("memory").remove(["a"].first().unwrap()), 1);
    }
}
