//! The icons and the pictures of the views, drawn anew.

use anyhow::Result;

use crate::build;
use crate::setup::{self, Consent};
use crate::shell::{command, run};

/// Draws the icons, builds, and takes a picture of every view in every state.
pub(crate) fn take(consent: Consent) -> Result<()> {
    setup::ensure(setup::BROWSER, consent)?;
    run(command("node").arg("tests/browser/icons.mjs"))?;
    build::all(build::SANDBOX)?;
    run(command("node").arg("tests/browser/shots.mjs"))
}
