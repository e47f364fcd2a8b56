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

/// Those of them that can be paid without trouble.
pub(crate) const PAYABLE: [&str; 5] = [LINKS[0], LINKS[1], LINKS[2], LINKS[3], LINKS[4]];

/// A page: its URL, and its links by their places in [`LINKS`].
pub(crate) struct Page {
    /// Its URL.
    pub(crate) url: &'static str,
    /// Its links.
    pub(crate) links: &'static [usize],
    /// The frames in it: the origin of each, and its links.
    pub(crate) embedded: &'static [(&'static str, &'static [usize])],
}

/// All pages; the first is one that can be paid without trouble, the second has nothing to pay.
pub(crate) const PAGES: [Page; 10] = [
    Page { url: "https://site.example/", links: &[0], embedded: &[] },
    Page { url: "https://plain.example/", links: &[], embedded: &[] },
    Page { url: "https://news.example/today", links: &[1], embedded: &[] },
    Page { url: "https://both.example/", links: &[0, 3], embedded: &[] },
    Page { url: "https://video.example/", links: &[4, 1, 2], embedded: &[] },
    Page {
        url: "https://many.example/",
        links: &[
            0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 9, 10, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1,
            2, 3, 4, 0, 1,
        ],
        embedded: &[("https://site.example", &[3, 4, 0, 1])],
    },
    Page { url: "https://shady.example/", links: &[6, 7, 8, 0], embedded: &[] },
    Page { url: "https://broken.example/", links: &[9, 10, 11, 6], embedded: &[] },
    Page {
        url: "https://frames.example/",
        links: &[1],
        embedded: &[
            ("https://site.example", &[0, 2, 4]),
            ("https://news.example", &[3]),
            ("https://empty.example", &[]),
        ],
    },
    Page { url: "https://outside.example/", links: &[], embedded: &[("https://news.example", &[1, 9])] },
];
