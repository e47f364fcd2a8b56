//! Many machines behind one name, one of which dies.

use std::sync::Mutex;
use std::time::Duration;

use open_payments::Secret;
use protocol::{ContinueGrantReply, RotateTokenReply};
use tokio::time::{Instant, sleep};

use super::server::RedisServer;
use crate::program::{Answer, Program};
use crate::setup::Setup;

/// Requests in a row, to one machine after the other as a balancer would send them, and to the next
/// one if there is no answer.
struct Client<'a> {
    machines: [&'a Program; 2],
    setup: &'a Mutex<Setup>,
    session: &'a Secret,
    turn: usize,
}

impl Client<'_> {
    async fn send(&mut self) -> std::io::Result<Answer> {
        let quote = self.setup.lock().unwrap().quote(self.session);
        let machine = self.machines[self.turn % 2];
        self.turn += 1;
        machine.connect().await?.send(&quote).await
    }

    /// How many were answered by the end, and how many were not at first.
    async fn work(mut self, end: Instant) -> (usize, usize) {
        let (mut answered, mut broken) = (0, 0);
        while Instant::now() < end {
            let answer = match self.send().await {
                Ok(answer) => answer,
                Err(_) => {
                    broken += 1;
                    self.send().await.expect("the other machine is there")
                }
            };
            assert_eq!(answer.status, 200, "{}", answer.body);
            answered += 1;
        }
        (answered, broken)
    }
}

#[tokio::test]
async fn a_machine_that_is_killed_under_load_is_missed_by_nobody() {
    let server = RedisServer::start("machines");
    let url = server.url();
    let options = ["--store", &url, "--payments-per-minute", "1000000", "--requests-per-address", "1000000"];
    let machines = [Program::start("machines.key", &options).await, Program::start("machines.key", &options).await];
    let [first, second] = &machines;
    let mut setup = Setup::with_wallet_that_pays().await;
    let connected = first.connect().await.unwrap().send(&setup.continuation()).await.unwrap();
    let session = serde_json::from_str::<ContinueGrantReply>(&connected.body).unwrap().session;
    let rotated = first.connect().await.unwrap().send(&setup.rotation()).await.unwrap();
    let rotated: RotateTokenReply = serde_json::from_str(&rotated.body).unwrap();

    let setup = Mutex::new(setup);
    let end = Instant::now() + Duration::from_millis(1_500);
    let client = |turn| Client { machines: [first, second], setup: &setup, session: &session, turn }.work(end);
    let kill = async {
        sleep(Duration::from_millis(500)).await;
        first.signal("KILL");
    };
    let (one, two, three, four, ()) = tokio::join!(client(0), client(1), client(2), client(3), kill);
    for (answered, broken) in [one, two, three, four] {
        assert!(answered > 10 && broken > 0, "{answered} answered, {broken} not at first");
    }

    // What the first one had answered is not lost with it.
    let rotation = setup.lock().unwrap().rotation();
    let again = second.connect().await.unwrap().send(&rotation).await.unwrap();
    assert_eq!(serde_json::from_str::<RotateTokenReply>(&again.body).unwrap().session, rotated.session);
    assert_eq!(setup.lock().unwrap().double.count("POST /auth/token/1"), 1);
}
