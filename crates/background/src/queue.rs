//! One input at a time: each is handled, and all its effects are carried out, before the next.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use engine::{Effect, Engine, Input, Now};
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use crate::chrome;
use crate::clock;
use crate::effects::drop_alarm;
use crate::ports::Ports;

/// What the queue drives: the engine, or something in its place in tests.
pub trait Machine {
    /// Takes one input.
    fn handle(&mut self, input: Input, now: Now);
    /// The next effect of what it took, if there is one left.
    fn poll(&mut self) -> Option<Effect>;
}

impl Machine for Engine {
    fn handle(&mut self, input: Input, now: Now) {
        self.handle(input, now);
    }

    fn poll(&mut self) -> Option<Effect> {
        self.poll()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Resting,
    Draining,
    Broken,
}

/// The machine, the inputs that wait for it, and what its effects are carried out with.
pub struct Queue {
    machine: RefCell<Box<dyn Machine>>,
    waiting: RefCell<VecDeque<Input>>,
    state: Cell<State>,
    pub(crate) ports: Rc<Ports>,
    pub(crate) timer: RefCell<Option<Timeout>>,
}

impl Queue {
    /// A queue in front of the machine, which talks through these ports.
    pub fn new(machine: Box<dyn Machine>, ports: Rc<Ports>) -> Rc<Self> {
        Rc::new(Self {
            machine: RefCell::new(machine),
            waiting: RefCell::default(),
            state: Cell::new(State::Resting),
            ports,
            timer: RefCell::default(),
        })
    }

    /// Lines an input up; returns before it is handled.
    pub fn push(self: &Rc<Self>, input: Input) {
        if self.state.get() == State::Broken {
            return;
        }
        self.waiting.borrow_mut().push_back(input);
        if self.state.replace(State::Draining) == State::Resting {
            spawn_local(Rc::clone(self).drain());
        }
    }

    async fn drain(self: Rc<Self>) {
        while let Some(input) = self.next() {
            self.machine.borrow_mut().handle(input, clock::now());
            while let Some(effect) = self.poll() {
                match self.carry_out(effect).await {
                    Ok(None) => {}
                    // The answer to an effect, before whatever came in while it was carried out.
                    Ok(Some(answer)) => self.waiting.borrow_mut().push_front(answer),
                    Err(error) => return self.give_up(&error),
                }
            }
        }
        self.state.set(State::Resting);
    }

    // Each of these two ends its borrow before anything is awaited.
    fn next(&self) -> Option<Input> {
        self.waiting.borrow_mut().pop_front()
    }

    fn poll(&self) -> Option<Effect> {
        self.machine.borrow_mut().poll()
    }

    /// Stops for the rest of this life of the worker. What could not be stored did not happen, so
    /// nothing that builds on it may: neither the effects behind it nor any later input. The
    /// next life starts from what is stored, as after a kill; and it comes soon, because without
    /// alarm and ticks the browser ends a worker that does nothing, and the pages' content scripts
    /// wake it again.
    fn give_up(&self, error: &wasm_bindgen::JsValue) {
        self.state.set(State::Broken);
        self.waiting.borrow_mut().clear();
        self.timer.borrow_mut().take();
        drop_alarm();
        chrome::log_error("Rivulet stops until the worker restarts: it could not store its state.", error);
    }
}
