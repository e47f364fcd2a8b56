//! The pages that there are, and the links that they have.

/// The user's wallet address, as typed.
pub(crate) const ALICE: &str = "$wallet.example/alice";

/// What links can point to.
pub(crate) const LINKS: [&str; 12] = [
    "https://pay.example/site",
    "https://pay.example/news",
    "https://pay.example/blog",
    "https://bank.example/site",
    "https://bank.example/video",
    "https://wallet.example/bob",
    "https://evil.example/site",
    "https://evil.example/claims",
    "https://evil.example/inside",
    "https://gone.example/site",
    "https://pay.example/nobody",
    "https://10.0.0.1/site",
];

/// A page: its URL, and its links by their places in [`LINKS`].
pub(crate) struct Page {
    /// Its URL.
    pub(crate) url: &'static str,
    /// Its links.
    pub(crate) links: &'static [usize],
}

/// All pages; the first is one that can be paid without trouble, the second has nothing to pay.
pub(crate) const PAGES: [Page; 8] = [
    Page { url: "https://site.example/", links: &[0] },
    Page { url: "https://plain.example/", links: &[] },
    Page { url: "https://news.example/today", links: &[1] },
    Page { url: "https://both.example/", links: &[0, 3] },
    Page { url: "https://video.example/", links: &[4, 1, 2] },
    Page {
        url: "https://many.example/",
        links: &[
            0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 9, 10, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1,
            2, 3, 4, 0, 1,
        ],
    },
    Page { url: "https://shady.example/", links: &[6, 7, 8, 0] },
    Page { url: "https://broken.example/", links: &[9, 10, 11, 6] },
];
