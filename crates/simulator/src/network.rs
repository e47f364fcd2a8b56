//! Requests and answers on their way, and what befalls them.

use engine::{Answer, CallId, HttpRequest, Input, Unreachable};
use proxy::core::WalletReply;

use crate::faults::{Fault, Route};
use crate::proxy::{Doing, PROXY};
use crate::wallets::Served;
use crate::world::{Happening, World};

/// A request of the extension that has not been answered yet.
pub(crate) struct Flight {
    life: u64,
    call: CallId,
    request: HttpRequest,
    /// Arrivals whose answers do not come back.
    lost_answers: u32,
    answer_broken: bool,
    answer_delay: u64,
    arrived: bool,
    /// The visit at the proxy whose answer this waits for.
    visits: Vec<u64>,
}

impl World {
    /// The extension sends a request.
    pub(crate) fn call(&mut self, call: CallId, request: HttpRequest, deadline: u64) {
        self.figures.requests += 1;
        self.check_call(&request);
        let is_for_proxy = request.url.origin() == PROXY;
        let route = if is_for_proxy { Route::ToProxy } else { Route::ToWallet };
        let fault = self.faults.take(route);
        self.note(|| {
            let befallen = fault.map_or(String::new(), |fault| format!("  !{fault:?}"));
            format!("-> {} {}{befallen}", request.method.as_str(), request.url)
        });
        self.last_flight += 1;
        let id = self.last_flight;
        let mut flight = Flight {
            life: self.life_of_worker(),
            call,
            request,
            lost_answers: 0,
            answer_broken: false,
            answer_delay: 0,
            arrived: false,
            visits: Vec::new(),
        };
        let way = self.latency();
        let mut arrival = Some(way);
        match fault {
            None => {}
            Some(Fault::LoseRequest) => arrival = None,
            Some(Fault::Break) => {
                arrival = None;
                self.schedule(way, Happening::Returns(id, Err(Unreachable::Failed)));
            }
            Some(Fault::Status(status)) => {
                arrival = None;
                let answer = Answer { status, session: None, body: "<html>".to_owned() };
                self.schedule(2 * way, Happening::Returns(id, Ok(answer)));
            }
            Some(Fault::LoseReply) => flight.lost_answers = 1,
            Some(Fault::BreakReply) => flight.answer_broken = true,
            Some(Fault::Delay(more)) => arrival = Some(way + more),
            Some(Fault::DelayReply(more)) => flight.answer_delay = more,
            Some(Fault::Duplicate { milliseconds, first_reply_is_lost }) => {
                flight.lost_answers = first_reply_is_lost.into();
                self.schedule(way + milliseconds, Happening::Arrives(id));
            }
        }
        if let Some(way) = arrival {
            self.schedule(way, Happening::Arrives(id));
        }
        if fault.is_some() {
            self.figures.faults += 1;
            self.disturb();
        }
        self.schedule(deadline, Happening::Deadline(id));
        self.flights.insert(id, flight);
    }

    /// A request of the extension arrives, perhaps for the second time.
    pub(crate) fn request_arrives(&mut self, id: u64) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        flight.arrived = true;
        let request = flight.request.clone();
        if request.url.origin() == PROXY {
            if self.elapsed < self.proxy.down_until {
                return self.schedule(1, Happening::Returns(id, Err(Unreachable::Failed)));
            }
            let (visit, doings) = self.proxy.begin(&request, self.elapsed, self.server_time());
            if let Some(flight) = self.flights.get_mut(&id) {
                flight.visits.push(visit);
            }
            return self.do_for_proxy(doings);
        }
        let answer = self
            .serve_wallet(&request)
            .map(|served| Answer { status: served.status, session: None, body: served.body })
            .ok_or(Unreachable::Failed);
        self.send_back(id, answer);
    }

    /// An answer sets out.
    fn send_back(&mut self, id: u64, answer: Result<Answer, Unreachable>) {
        let way = self.latency();
        let Some(flight) = self.flights.get_mut(&id) else { return };
        if flight.lost_answers > 0 {
            flight.lost_answers -= 1;
            return;
        }
        let answer = if flight.answer_broken { Err(Unreachable::Failed) } else { answer };
        let delay = way + flight.answer_delay;
        self.schedule(delay, Happening::Returns(id, answer));
    }

    /// The extension gets an answer, if it still waits for one.
    pub(crate) fn answer(&mut self, id: u64, answer: Result<Answer, Unreachable>) {
        let Some(flight) = self.flights.remove(&id) else { return };
        if self.life_of_worker() == flight.life {
            self.note(|| match &answer {
                Ok(answer) => format!("<- {} {} {}", answer.status, flight.request.url.path(), short(&answer.body)),
                Err(reason) => format!("<- {reason:?} {}", flight.request.url.path()),
            });
            self.give_to_life(flight.life, Input::Answered(flight.call, answer));
        }
    }

    /// What the worker that has just ended sent last never arrives.
    pub(crate) fn lose_calls(&mut self) {
        self.flights.retain(|_, flight| flight.arrived);
    }

    /// Everything that the proxy was doing ends with it.
    pub(crate) fn hang_up_at_proxy(&mut self) {
        let waiting: Vec<u64> =
            self.flights.iter().filter(|(_, flight)| !flight.visits.is_empty()).map(|(id, _)| *id).collect();
        for id in waiting {
            self.schedule(1, Happening::Returns(id, Err(Unreachable::Failed)));
        }
    }

    pub(crate) fn do_for_proxy(&mut self, doings: Vec<Doing>) {
        for doing in doings {
            match doing {
                Doing::Ask { visit, call, request, deadline } => self.ask_wallet(visit, call, request, deadline),
                Doing::Answer { visit, answer, afterwards } => {
                    let waiting = self.flights.iter().find(|(_, flight)| flight.visits.contains(&visit));
                    if let Some(id) = waiting.map(|(id, _)| *id) {
                        self.send_back(id, Ok(answer));
                    }
                    for request in afterwards {
                        self.schedule(1, Happening::Sent(request));
                    }
                }
                Doing::Later { milliseconds, request } => self.schedule(milliseconds, Happening::Sent(request)),
            }
        }
    }

    fn ask_wallet(&mut self, visit: u64, call: u64, request: HttpRequest, deadline: u64) {
        use proxy::core::Unreachable::{Connection, Deadline};
        let fault = self.faults.take(Route::ProxyToWallet);
        self.note(|| {
            let befallen = fault.map_or(String::new(), |fault| format!("  !{fault:?}"));
            format!("     proxy {} {}{befallen}", request.method.as_str(), request.url)
        });
        if fault.is_some() {
            self.figures.faults += 1;
            self.disturb();
        }
        let told = |outcome| Happening::Told { visit, call, outcome };
        let asked = |request: HttpRequest| Happening::Asked { visit, call, request };
        let way = self.latency();
        match fault {
            None => self.schedule(way, asked(request)),
            Some(Fault::LoseRequest) => {}
            Some(Fault::Break) => self.schedule(way, told(Err(Connection))),
            Some(Fault::Status(status)) => {
                self.schedule(2 * way, told(Ok(WalletReply { status, body: "<html>".to_owned() })));
            }
            // Nobody hears of it, or only that it broke.
            Some(Fault::LoseReply) => self.schedule(way, Happening::Sent(request)),
            Some(Fault::BreakReply) => {
                self.schedule(way, Happening::Sent(request));
                self.schedule(2 * way, told(Err(Connection)));
            }
            Some(Fault::Delay(more) | Fault::DelayReply(more)) => self.schedule(way + more, asked(request)),
            Some(Fault::Duplicate { milliseconds, first_reply_is_lost }) => {
                let first = if first_reply_is_lost { Happening::Sent(request.clone()) } else { asked(request.clone()) };
                self.schedule(way, first);
                self.schedule(way + milliseconds, asked(request));
            }
        }
        self.schedule_at(deadline.max(self.elapsed), told(Err(Deadline)));
    }

    /// A request of the proxy arrives at a wallet.
    pub(crate) fn wallet_is_asked(&mut self, visit: u64, call: u64, request: HttpRequest) {
        let outcome = self
            .serve_wallet(&request)
            .map(|served| WalletReply { status: served.status, body: served.body })
            .ok_or(proxy::core::Unreachable::Connection);
        if let Ok(reply) = &outcome {
            self.proxy.keep_document(&request, reply, self.elapsed);
        }
        let way = self.latency();
        self.schedule(way, Happening::Told { visit, call, outcome });
    }

    pub(crate) fn serve_wallet(&mut self, request: &HttpRequest) -> Option<Served> {
        let served = self.wallets.serve(request, self.server_time());
        self.note(|| {
            let (status, body) = served.as_ref().map_or((0, ""), |served| (served.status, served.body.as_str()));
            format!("     wallet {} {}: {status} {}", request.method.as_str(), request.url, short(body))
        });
        served
    }

    /// Milliseconds for one way, a little different each time.
    fn latency(&mut self) -> u64 {
        let usual = self.plan.setting.latency;
        usual / 2 + self.random.within(0..=usual)
    }
}

fn short(body: &str) -> String {
    body.chars().take(160).collect()
}
