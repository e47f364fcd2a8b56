//! Running a plan to its end, and finding out which of its events break a rule.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::breach::{Breach, Rule};
use crate::plan::Plan;
use crate::report::Figures;
use crate::world::World;

/// How a world went.
pub struct Outcome {
    /// The rule that was broken, if one was.
    pub breach: Option<Breach>,
    /// What happened.
    pub figures: Figures,
    /// Every effect and call, if they were asked for.
    pub trace: Vec<String>,
}

/// Lets a planned world happen.
pub fn run(plan: &Plan, trace: bool) -> Outcome {
    let mut world = World::new(plan.clone(), trace);
    let ended = catch_unwind(AssertUnwindSafe(|| world.run()));
    let mut breach = world.breach.take();
    if let Err(panic) = ended {
        let text = panic.downcast_ref::<String>().cloned();
        let detail = text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
        breach = Some(Breach { rule: Rule::Panic, detail, at: world.elapsed });
    }
    let figures = std::mem::take(&mut world.figures);
    Outcome { breach, figures, trace: world.notes().to_vec() }
}

/// The plan without the events that its breach does not need (delta debugging), as far as that is
/// found before there is no time left: what remains breaks the same rule. What would happen after
/// the breach goes first.
pub fn minimise(plan: &Plan, breach: &Breach, has_time: impl Fn() -> bool) -> Plan {
    let mut smallest = plan.clone();
    let mut chunk = smallest.events.len().div_ceil(2);
    let breaks = |plan: &Plan| run(plan, false).breach.is_some_and(|other| other.rule == breach.rule);
    let mut shorter = plan.clone();
    shorter.events.retain(|(at, _)| *at <= breach.at);
    shorter.end = shorter.end.min(breach.at + 1);
    if breaks(&shorter) {
        smallest = shorter;
    }
    while chunk > 0 && has_time() {
        let mut at = 0;
        let mut shrunk = false;
        while at < smallest.events.len() && has_time() {
            let mut smaller = smallest.clone();
            smaller.events.drain(at..(at + chunk).min(smaller.events.len()));
            if breaks(&smaller) {
                (smallest, shrunk) = (smaller, true);
            } else {
                at += chunk;
            }
        }
        if !shrunk || chunk > 1 {
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
        }
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    #[test]
    fn a_world_follows_from_its_seed() {
        for seed in [1, 4, 11] {
            let (first, again) = (run(&Plan::draw(seed), true), run(&Plan::draw(seed), true));
            assert_eq!(first.breach, None, "{}", first.trace.join("\n"));
            assert!(first.trace.len() > 100 && first.trace == again.trace, "seed {seed}");
        }
        assert_ne!(run(&Plan::draw(1), true).trace, run(&Plan::draw(2), true).trace);
    }

    #[test]
    fn of_a_plan_only_the_events_that_break_a_rule_are_left() {
        let mut plan = Plan::draw(3);
        let before = plan.size();
        plan.events.push((plan.end - 1, Event::Panic));
        let breach = run(&plan, false).breach.unwrap();
        assert_eq!(breach.rule, Rule::Panic);
        let smallest = minimise(&plan, &breach, || true);
        assert!(before > 20 && smallest.size() == 1, "{smallest}");
    }
}
