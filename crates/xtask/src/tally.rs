//! How many tests passed and failed, read from what each test runner prints.

use std::fmt;
use std::iter::Sum;

/// A count of tests. Prints as the line that every suite ends in.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    /// Tests that did what they should.
    pub(crate) passed: u32,
    /// Tests that did not.
    pub(crate) failed: u32,
}

/// Whose summary is read.
#[derive(Clone, Copy)]
pub(crate) enum Runner {
    /// `cargo test`, wasm tests included: `test result: ok. 3 passed; 0 failed; …`, once a binary.
    Cargo,
    /// `cargo nextest`: `Summary [ 0.1s] 4 tests run: 3 passed, 1 failed, 0 skipped`.
    Nextest,
    /// `node --test` with its spec reporter: `ℹ pass 3`, `ℹ fail 0`.
    Node,
    /// The simulator: `3 passed, 0 failed`.
    Simulator,
    /// Playwright: `  3 passed (1.2s)`, `  1 failed`.
    Playwright,
}

impl Tally {
    /// One check, passed or failed.
    pub(crate) fn of(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into() }
    }

    /// Adds up the summary lines in a runner's output.
    pub(crate) fn count(runner: Runner, output: &str) -> Self {
        output.lines().filter_map(|line| runner.summary(line)).sum()
    }

    /// The same for a whole suite: a run that did not succeed has a failure even if its output
    /// tells of none (it may not have come to the tests), and so has a run without any test.
    pub(crate) fn read(runner: Runner, succeeded: bool, output: &str) -> Self {
        let mut tally = Self::count(runner, output);
        let empty = tally == Self::default();
        if tally.failed == 0 && (!succeeded || empty) {
            tally.failed = 1;
        }
        tally
    }
}

impl Runner {
    fn summary(self, line: &str) -> Option<Tally> {
        let line = line.trim();
        let (before, after) = (|word| number_before(line, word), |word| number_after(line, word));
        let (passed, failed) = match self {
            Self::Cargo if line.starts_with("test result:") => (before("passed"), before("failed")),
            Self::Nextest if line.starts_with("Summary [") => (before("passed"), before("failed")),
            Self::Node if line.starts_with('ℹ') => (after("pass"), after("fail")),
            Self::Simulator if line.ends_with(" failed") => (before("passed"), before("failed")),
            Self::Playwright if line.starts_with(|first: char| first.is_ascii_digit()) => {
                (before("passed"), before("failed"))
            }
            _ => return None,
        };
        Some(Tally { passed: passed.unwrap_or(0), failed: failed.unwrap_or(0) })
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().map(|word| word.trim_matches([',', ';'])).collect()
}

fn number_before(line: &str, word: &str) -> Option<u32> {
    words(line).windows(2).find(|pair| pair[1] == word)?[0].parse().ok()
}

fn number_after(line: &str, word: &str) -> Option<u32> {
    words(line).windows(2).find(|pair| pair[0] == word)?[1].parse().ok()
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            passed: sum.passed + tally.passed,
            failed: sum.failed + tally.failed,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u32, failed: u32) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn summaries_are_read() {
        let cargo =
            "test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        assert_eq!(Tally::read(Runner::Cargo, false, cargo), tally(4, 2));
        let nextest = "     Summary [   0.012s] 4 tests run: 3 passed (1 slow), 1 failed, 0 skipped";
        assert_eq!(Tally::read(Runner::Nextest, false, nextest), tally(3, 1));
        assert_eq!(Tally::read(Runner::Node, true, "ℹ tests 3\nℹ pass 3\nℹ fail 0"), tally(3, 0));
        let worlds = "3 worlds, 5 simulated hours; 7 requests a second\n2 passed, 1 failed";
        assert_eq!(Tally::read(Runner::Simulator, false, worlds), tally(2, 1));
        assert_eq!(Tally::read(Runner::Playwright, true, "  ok 1 a test\n\n  13 passed (1.2m)"), tally(13, 0));
        assert_eq!(Tally::read(Runner::Playwright, false, "  1 failed\n    a test\n  2 passed (3s)"), tally(2, 1));
    }

    #[test]
    fn neither_a_crash_nor_an_empty_run_is_green() {
        assert_eq!(Tally::read(Runner::Cargo, false, "error: could not compile"), tally(0, 1));
        assert_eq!(
            Tally::read(Runner::Nextest, false, "Summary [ 0.1s] 1 tests run: 1 passed, 0 skipped"),
            tally(1, 1)
        );
        assert_eq!(Tally::read(Runner::Cargo, true, "test result: ok. 0 passed; 0 failed"), tally(0, 1));
    }
}
