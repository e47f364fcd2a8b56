use std::fmt;

/// What must hold in every world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// What is spent stays within the budget.
    Budget,
    /// What is paid stays within what the rate allows.
    Rate,
    /// Nothing is paid twice, and nothing without being known.
    Once,
    /// What accrues is accounted for.
    Accounts,
    /// Nothing is signed that is not covered.
    Signing,
    /// Nothing is sent that need not be.
    Silence,
    /// Payments come back, or the person is told what to do.
    Liveness,
    /// Disconnecting works always.
    Disconnect,
    /// Nothing goes round in circles.
    Calm,
    /// Nothing panics.
    Panic,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub rule: Rule,
    /// How.
    pub detail: String,
    /// When, in milliseconds since the world began.
    pub at: u64,
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Budget => "spent stays within the budget",
            Self::Rate => "paid stays within what the rate allows",
            Self::Once => "nothing is paid twice or unknown",
            Self::Accounts => "the accounts add up",
            Self::Signing => "nothing is signed that is not covered",
            Self::Silence => "nothing is sent that need not be",
            Self::Liveness => "payments come back, or the person is told what to do",
            Self::Disconnect => "disconnecting always works",
            Self::Calm => "nothing goes round in circles",
            Self::Panic => "nothing panics",
        })
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} (after {}.{:03} s)", self.rule, self.detail, self.at / 1000, self.at % 1000)
    }
}
