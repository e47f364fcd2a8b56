use std::rc::Rc;

use open_payments::Url;

use crate::input::{Idle, Tab, TabId, WindowId};
use crate::table::Table;

/// What the user has in front: tabs, windows, the screen; and whether they are there themselves.
#[derive(Default)]
pub(crate) struct Presence {
    tabs: Table<TabId, Known>,
    focused: Option<WindowId>,
    idle: Idle,
    /// Until then, in monotonic time, a user who does nothing counts as listening.
    listens_until: Option<u64>,
}

/// So long after they last did something, a user may still be listening. Then they have left, or
/// sleep.
const LISTENING: u64 = 2 * 60 * 60 * 1000;

/// A tab, and the site of its page, which is asked for several times a second.
struct Known {
    tab: Tab,
    site: Option<Rc<str>>,
}

impl Presence {
    pub(crate) fn new(tabs: Vec<Tab>, focused: Option<WindowId>) -> Self {
        let mut known = Table::default();
        for tab in tabs {
            known.insert(tab.id, Known::new(tab));
        }
        Self { tabs: known, focused, ..Self::default() }
    }

    pub(crate) fn change(&mut self, tab: Tab) {
        if tab.active {
            self.activate(tab.id, tab.window);
        }
        self.tabs.insert(tab.id, Known::new(tab));
    }

    /// A tab can be activated before anything else is known of it.
    pub(crate) fn activate(&mut self, id: TabId, window: WindowId) {
        for tab in self.tabs.values_mut().map(|known| &mut known.tab).filter(|tab| tab.window == window) {
            tab.active = tab.id == id;
        }
        let unknown = Tab { id, window, active: true, audible: false, url: None };
        let tab = &mut self.tabs.get_or_insert(id, Known::new(unknown)).tab;
        // It may have come from another window.
        (tab.window, tab.active) = (window, true);
    }

    pub(crate) fn remove(&mut self, id: TabId) {
        self.tabs.remove(&id);
    }

    /// With another program in front, the window last used stays the one that is looked at: its
    /// page can still be seen, and says itself when it cannot.
    pub(crate) fn focus(&mut self, window: Option<WindowId>) {
        self.focused = window.or(self.focused);
    }

    /// The browser says so of who has done nothing for so many milliseconds.
    pub(crate) fn become_idle(&mut self, idle: Idle, after: u64, now: u64) {
        let was_active = std::mem::replace(&mut self.idle, idle) == Idle::Active;
        if was_active || idle == Idle::Active {
            self.listens_until = Some(now + LISTENING.saturating_sub(after));
        }
    }

    /// Whether who does nothing has been listening for so long that they are not any more.
    pub(crate) fn is_left(&self, now: u64) -> bool {
        self.idle == Idle::Idle && self.listens_until.is_some_and(|until| until <= now)
    }

    pub(crate) fn stop_listening(&mut self) {
        self.listens_until = None;
    }

    pub(crate) fn tab(&self, id: TabId) -> Option<&Tab> {
        self.tabs.get(&id).map(|known| &known.tab)
    }

    /// Host and port of the page in a tab, if it is one that can have links.
    pub(crate) fn site(&self, id: TabId) -> Option<Rc<str>> {
        self.tabs.get(&id)?.site.clone()
    }

    /// The tab in front of the window in front, also while the screen is locked.
    pub(crate) fn front(&self) -> Option<&Tab> {
        let mut tabs = self.tabs.values().map(|known| &known.tab);
        tabs.find(|tab| tab.active && self.focused.is_none_or(|window| tab.window == window))
    }

    /// The tab that the user is looking at. Who does nothing for a while may still be listening; and
    /// perhaps they want to count as there whatever they do.
    pub(crate) fn looked_at(&self, idle_counts: bool) -> Option<TabId> {
        let attends = |tab: &&Tab| match self.idle {
            Idle::Active => true,
            Idle::Idle => idle_counts || tab.audible && self.listens_until.is_some(),
            Idle::Locked => false,
        };
        self.front().filter(attends).map(|tab| tab.id)
    }
}

impl Known {
    fn new(tab: Tab) -> Self {
        let site = tab.url.as_deref().and_then(origin_of).map(|origin| origin.authority().into());
        Self { tab, site }
    }
}

/// The origin of a page, if it is one that can have links.
pub(crate) fn origin_of(url: &str) -> Option<Url> {
    let (scheme, rest) = url.split_once(':')?;
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    Url::parse(&format!("{scheme}://{authority}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(id: i32, window: i32, active: bool) -> Tab {
        Tab { id: TabId(id), window: WindowId(window), active, audible: false, url: None }
    }

    #[test]
    fn the_tab_in_front_follows_tabs_windows_and_the_screen() {
        let mut presence = Presence::new(vec![tab(1, 1, true), tab(2, 1, false), tab(3, 2, true)], Some(WindowId(1)));
        assert_eq!(presence.looked_at(false), Some(TabId(1)));
        presence.activate(TabId(2), WindowId(1));
        assert_eq!(presence.looked_at(false), Some(TabId(2)));
        presence.focus(Some(WindowId(2)));
        presence.focus(None);
        assert_eq!(presence.looked_at(false), Some(TabId(3)));
        presence.activate(TabId(4), WindowId(2));
        assert_eq!(presence.looked_at(false), Some(TabId(4)));
        presence.become_idle(Idle::Locked, 0, 0);
        assert_eq!(presence.looked_at(false), None);
        presence.become_idle(Idle::Active, 0, 0);
        presence.activate(TabId(1), WindowId(2));
        assert_eq!(presence.looked_at(false), Some(TabId(1)));
        presence.change(tab(2, 2, true));
        presence.remove(TabId(2));
        assert_eq!(presence.looked_at(false), None);
    }

    #[test]
    fn who_is_idle_may_be_listening_and_who_locks_the_screen_is_gone() {
        let heard = |id, audible| Tab { audible, ..tab(id, 1, id == 1) };
        let mut presence = Presence::new(vec![heard(1, false), heard(2, true)], None);
        presence.become_idle(Idle::Idle, 0, 0);
        assert_eq!((presence.looked_at(false), presence.looked_at(true)), (None, Some(TabId(1))));
        presence.change(heard(1, true));
        assert_eq!(presence.looked_at(false), Some(TabId(1)));
        presence.become_idle(Idle::Locked, 0, 0);
        assert_eq!((presence.looked_at(false), presence.looked_at(true)), (None, None));
    }
}
