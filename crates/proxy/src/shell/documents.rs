use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use open_payments::Url;
use tokio::time::Instant;

use crate::core::WalletReply;

/// What is longer, or more, is fetched each time.
const LONGEST: usize = 4 * 1024;
const MOST: usize = 10_000;

/// Wallet documents that were fetched a short while ago.
#[derive(Debug, Default)]
pub(crate) struct Documents(Mutex<HashMap<Url, (Instant, WalletReply)>>);

impl Documents {
    /// A copy that is fresh enough.
    pub(crate) fn recall(&self, url: &Url, now: Instant) -> Option<WalletReply> {
        let documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.get(url).filter(|(until, _)| now < *until).map(|(_, reply)| reply.clone())
    }

    /// Keeps a copy of what is a document, for as long as it may be kept.
    pub(crate) fn keep(&self, url: &Url, reply: &WalletReply, life: Duration, now: Instant) {
        if reply.status != 200 || reply.body.len() > LONGEST || life.is_zero() {
            return;
        }
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if documents.len() >= MOST {
            documents.retain(|_, (until, _)| now < *until);
        }
        if documents.len() < MOST {
            documents.insert(url.clone(), (now + life, reply.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(20);

    fn reply(status: u16, body: String) -> WalletReply {
        WalletReply { status, body }
    }

    #[test]
    fn a_document_is_recalled_for_as_long_as_it_is_good() {
        let (documents, url, now) = (Documents::default(), Url::parse("https://w.example/a").unwrap(), Instant::now());
        documents.keep(&url, &reply(200, "{}".to_owned()), LIFE, now);
        assert_eq!(documents.recall(&url, now + LIFE - Duration::from_millis(1)).unwrap().body, "{}");
        assert!(documents.recall(&url, now + LIFE).is_none());
    }

    #[test]
    fn failures_and_floods_are_not_kept() {
        let (documents, now) = (Documents::default(), Instant::now());
        let url = |n: usize| Url::parse(&format!("https://w.example/{n}")).unwrap();
        documents.keep(&url(0), &reply(404, "{}".to_owned()), LIFE, now);
        documents.keep(&url(0), &reply(200, "x".repeat(LONGEST + 1)), LIFE, now);
        documents.keep(&url(0), &reply(200, "{}".to_owned()), Duration::ZERO, now);
        assert!(documents.recall(&url(0), now).is_none());
        for n in 0..=MOST {
            documents.keep(&url(n), &reply(200, "{}".to_owned()), LIFE, now);
        }
        assert!(documents.recall(&url(MOST - 1), now).is_some() && documents.recall(&url(MOST), now).is_none());
        documents.keep(&url(MOST), &reply(200, "{}".to_owned()), LIFE, now + LIFE);
        assert!(documents.recall(&url(MOST), now + LIFE).is_some());
    }
}
