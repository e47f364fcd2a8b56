//! Calls on their way, and what befalls them.

use engine::{Answer, CallId, HttpRequest, Input, Unreachable};
use serde_json::Value;

use crate::faults::Fault;
use crate::servers::PROXY;
use crate::world::World;

/// Each way.
const LATENCY: u64 = 20;
/// More calls than this in one second are a loop.
const CALLS_A_SECOND: usize = 40;

/// A call on its way.
pub(crate) struct Flight {
    call: CallId,
    request: HttpRequest,
    /// When it arrives; nothing once it has.
    arrives: Option<u64>,
    /// When the engine hears of it; nothing if it has, or is dead.
    returns: Option<u64>,
    /// What it hears, if that is known before the request arrives.
    answer: Option<Result<Answer, Unreachable>>,
}

impl World {
    /// When the next request or answer arrives.
    pub(crate) fn next_arrival(&self) -> Option<u64> {
        self.flights.iter().flat_map(|flight| [flight.arrives, flight.returns]).flatten().min()
    }

    /// Lets one request or answer arrive that is due; says whether there was one.
    pub(crate) fn something_arrives(&mut self) -> bool {
        let (now, server_time) = (self.elapsed, self.server_time());
        let is_due = |at: Option<u64>| at.is_some_and(|at| at <= now);
        let mut input = None;
        if let Some(flight) = self.flights.iter_mut().find(|flight| is_due(flight.arrives)) {
            flight.arrives = None;
            let answer = self.servers.serve(&flight.request, server_time);
            flight.answer.get_or_insert(Ok(answer));
        } else if let Some(flight) = self.flights.iter_mut().find(|flight| is_due(flight.returns)) {
            flight.returns = None;
            let answer = flight.answer.take().unwrap_or(Err(Unreachable::Failed));
            input = Some(Input::Answered(flight.call, answer));
        } else {
            return false;
        }
        self.flights.retain(|flight| flight.arrives.is_some() || flight.returns.is_some());
        if let Some(input) = input {
            self.give(input);
        }
        true
    }

    /// Whoever called is gone. What was called arrives all the same, unless it is lost with it.
    pub(crate) fn hang_up(&mut self, calls_are_lost: bool) {
        for flight in &mut self.flights {
            (flight.returns, flight.arrives) = (None, flight.arrives.filter(|_| !calls_are_lost));
        }
        self.flights.retain(|flight| flight.arrives.is_some());
    }

    pub(crate) fn call(&mut self, call: CallId, request: HttpRequest, deadline: u64) {
        self.watch_over(&request);
        let url = request.url.as_str().to_owned();
        self.calls.push((self.elapsed, url.clone()));
        let second = self.calls.iter().rev().take_while(|(at, _)| *at + 1000 > self.elapsed).count();
        assert!(second <= CALLS_A_SECOND, "{second} calls in one second, the last to {url}");
        let (sent, dead) = (self.elapsed, self.proxy_is_down && url.starts_with(PROXY));
        let mut flight =
            Flight { call, request, arrives: Some(sent + LATENCY), returns: Some(sent + 2 * LATENCY), answer: None };
        let now = self.server_time();
        if dead {
            flight.arrives = None;
        } else if let Some(fault) = self.faults.take(&url) {
            let servers = &mut self.servers;
            flight.befall(fault, deadline, |request| servers.serve(request, now));
        }
        self.flights.push(flight);
    }

    /// What must hold of every call.
    fn watch_over(&mut self, request: &HttpRequest) {
        let url = request.url.as_str();
        let busy = |part: &str| {
            self.flights
                .iter()
                .any(|flight| flight.returns.is_some() && flight.request.url.as_str() == format!("{PROXY}{part}"))
        };
        let (paying, quoting) = (busy("/v1/payments"), busy("/v1/quotes"));
        match url.strip_prefix(PROXY) {
            Some("/v1/tokens/rotate") => {
                assert!(!paying && !quoting && !busy("/v1/tokens/rotate"), "a rotation beside something else");
            }
            Some("/v1/quotes") => assert!(!quoting, "two quotes at once"),
            Some("/v1/payments") => {
                assert!(!paying, "two payments at once");
                let intent = self.stored("intent");
                let quote = intent["quote"].as_str().expect("an intent before the payment").to_owned();
                assert!(request.body.as_ref().unwrap().contains(&format!("\\\"{quote}\\\"")), "another intent");
                assert!(self.quotes_used.insert(quote), "a quote paid from twice");
            }
            _ => {}
        }
    }
}

impl Flight {
    fn befall(&mut self, fault: &Fault, deadline: u64, mut serve: impl FnMut(&HttpRequest) -> Answer) {
        use protocol::{ErrorBody, ErrorReply};
        let refusal = |error: ErrorBody| {
            let status = error.code.status();
            Answer { status, session: None, body: serde_json::to_string(&ErrorReply { error }).unwrap() }
        };
        let answer_with = |flight: &mut Self, answer| (flight.arrives, flight.answer) = (None, Some(Ok(answer)));
        match fault {
            Fault::Refuse(error) => answer_with(self, refusal(error.clone())),
            Fault::Status(status) => {
                answer_with(self, Answer { status: *status, session: None, body: "<html>".to_owned() });
            }
            Fault::LoseRequest => self.arrives = None,
            Fault::LoseReply => {
                serve(&self.request);
                self.arrives = None;
            }
            Fault::Lie(code) => {
                serve(&self.request);
                answer_with(self, refusal(ErrorBody::new(*code, "No.")));
            }
            Fault::Forge(forge) => {
                let mut answer = serve(&self.request);
                let mut body: Value = serde_json::from_str(&answer.body).unwrap();
                forge(&mut body);
                answer.body = body.to_string();
                answer_with(self, answer);
            }
            Fault::Delay(more) => {
                let sent = self.returns.unwrap_or_default() - 2 * LATENCY;
                self.arrives = Some(sent + LATENCY + more);
                self.returns = Some(sent + (2 * LATENCY + more).min(deadline));
                if 2 * LATENCY + more >= deadline {
                    self.answer = Some(Err(Unreachable::TimedOut));
                }
            }
        }
    }
}
