//! Where a person stands.

/// Where a person stands. Nobody is ever removed: the books may mention them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonStatus {
    /// Can spend.
    Active,
    /// Keeps, cannot spend, cannot sign in.
    Suspended,
    /// Gone.
    Left,
}

impl PersonStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Left];

    /// The word that rows and the audit log hold.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Left => "left",
        }
    }

    /// The status of a word; nothing for a word that is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
