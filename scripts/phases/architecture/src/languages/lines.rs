//! Lines of offsets, for parsers that speak of bytes.

/// Where each line of a text begins.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line, from 1, that a byte stands in.
    pub(super) fn at(&self, offset: impl Into<u32>) -> usize {
        let offset = usize::try_from(offset.into()).unwrap_or(usize::MAX);
        self.0.partition_point(|start| *start <= offset)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_count_from_one() {
        let lines = Lines::of("a\n\nb\n");
        assert_eq!([0_u32, 1, 2, 3, 4, 5, 99].map(|at| lines.at(at)), [1, 1, 2, 3, 3, 4, 4]);
    }
}
