use std::collections::VecDeque;

use open_payments::Timestamp;
use serde_json::{Value, json};

use crate::message::Request;

/// How many requests are remembered, of all wallets together.
const REMEMBERED: usize = 1000;

/// What was asked lately and how it was answered; never bodies or tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestLog(VecDeque<Logged>);

#[derive(Clone, Debug)]
struct Logged {
    wallet: usize,
    method: String,
    path: String,
    status: u16,
    at: Timestamp,
}

impl RequestLog {
    pub(crate) fn add(&mut self, request: &Request, status: u16, at: Timestamp) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        let path = request.target.path().to_owned();
        self.0.push_back(Logged { wallet: request.wallet, method: request.method.clone(), path, status, at });
    }

    /// The requests of a wallet, the oldest first.
    pub(crate) fn of(&self, wallet: usize) -> Vec<Value> {
        let own = self.0.iter().filter(|logged| logged.wallet == wallet);
        own.map(|logged| {
            json!({
                "method": logged.method,
                "path": logged.path,
                "status": logged.status,
                "at": logged.at.to_string(),
            })
        })
        .collect()
    }
}
