//! Two machines behind nginx, which share Redis: one of them is told to stop, or dies.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use open_payments::Secret;
use open_payments_client::{CreateOutgoingPayment, RotateToken};
use protocol::{ContinueGrantReply, Endpoint, PaymentRequest, RotateTokenReply, RotateTokenRequest};
use proxy::core::Incoming;
use tokio::time::{Instant, sleep};

use super::server::{RedisServer, free_port};
use super::sqlite::Folder;
use crate::program::{Connection, Program};
use crate::setup::{Setup, until};
use crate::world::receiver;

/// Nginx before these machines, until it is dropped. What spends is not sent to another machine
/// when one has not answered it.
struct Balancer {
    process: Child,
    address: SocketAddr,
    _folder: Folder,
}

impl Balancer {
    async fn start(name: &str, machines: [&Program; 2]) -> Self {
        let (folder, address) = (Folder::new(name), SocketAddr::from(([127, 0, 0, 1], free_port())));
        let servers = machines.map(|machine| format!("server {} max_fails=0;", machine.address)).concat();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};"))
            .concat();
        let configuration = format!(
            "daemon off; pid nginx.pid; error_log stderr crit; events {{ }}
            http {{ access_log off; {temporary}
                upstream machines {{ {servers} }}
                server {{ listen {address}; location / {{ proxy_pass http://machines; }} }} }}"
        );
        let file = folder.0.join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let process = Command::new(program())
            .arg("-p")
            .arg(&folder.0)
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed (./build.sh test proxy does it)");
        until(|| std::net::TcpStream::connect(address).is_ok()).await;
        Self { process, address, _folder: folder }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // It ends its workers when it is told to stop, and would leave them when it is killed.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// Where Debian keeps servers is not on everybody's path.
fn program() -> &'static str {
    if std::path::Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" }
}

/// What came of many seconds of many users.
#[derive(Debug, Default)]
struct Tally {
    paid: usize,
    unanswered: usize,
    rotated: usize,
    lost: usize,
}

struct Load<'a> {
    balancer: &'a Balancer,
    setup: &'a Mutex<Setup>,
    session: &'a Secret,
    turn: Mutex<usize>,
    tally: Mutex<Tally>,
}

impl Load<'_> {
    /// Pays from one quote after another, and rotates one token after another.
    async fn work(&self, end: Instant) {
        while Instant::now() < end {
            let turn = {
                let mut turn = self.turn.lock().unwrap();
                *turn += 1;
                *turn
            };
            let (payment, rotation) = {
                let mut setup = self.setup.lock().unwrap();
                (payment_from(&mut setup, self.session, turn), rotation_of(&mut setup, turn))
            };
            // A payment that is not answered is given up.
            let paid = self.send(&payment).await.is_some();
            // A rotation is asked for again, and lost if the new token is not told then either.
            let rotated = match self.send(&rotation).await {
                Some(body) => Some(body),
                None => {
                    let again = rotation_of(&mut self.setup.lock().unwrap(), turn);
                    self.send(&again).await
                }
            };
            let rotated = rotated.is_some_and(|body| serde_json::from_str::<RotateTokenReply>(&body).is_ok());
            let mut tally = self.tally.lock().unwrap();
            tally.paid += usize::from(paid);
            tally.unanswered += usize::from(!paid);
            tally.rotated += usize::from(rotated);
            tally.lost += usize::from(!rotated);
        }
    }

    /// The body of a success.
    async fn send(&self, incoming: &Incoming) -> Option<String> {
        let answer = Connection::to(self.balancer.address).await.ok()?.send(incoming).await.ok()?;
        (answer.status == 200).then_some(answer.body)
    }
}

fn payment_from(setup: &mut Setup, session: &Secret, turn: usize) -> Incoming {
    let quote = setup.url(&format!("/t/quotes/{turn}"));
    let operation = CreateOutgoingPayment { token: Secret::new("TOKEN".to_owned()), quote };
    let request = setup.world.signed_by(&setup.world.install, &operation, &setup.wallet);
    let message = PaymentRequest { incoming_payment: receiver(), request };
    setup.world.incoming(Endpoint::CreatePayment, &message, Some(session))
}

fn rotation_of(setup: &mut Setup, turn: usize) -> Incoming {
    let operation = RotateToken { manage: setup.url("/auth/token/1"), token: Secret::new(format!("TOKEN-{turn}")) };
    let request = setup.world.signed_by(&setup.world.install, &operation, &setup.wallet);
    let message = RotateTokenRequest { wallet_address: setup.wallet.id.clone(), request };
    setup.world.incoming(Endpoint::RotateToken, &message, None)
}

/// One of two machines gets this signal while users pay and rotate.
async fn disturb(name: &str, signal: &str) -> (Tally, Setup) {
    let server = RedisServer::start(name);
    let url = server.url();
    let key = format!("{name}.key");
    let mut options = vec!["--store", &url, "--payments-per-minute", "1000000", "--requests-per-minute", "1000000"];
    options.extend(["--requests-per-address", "1000000", "--drain-delay", "1"]);
    let machines = [Program::start(&key, &options).await, Program::start(&key, &options).await];
    let balancer = Balancer::start(&format!("{name}-balancer"), [&machines[0], &machines[1]]).await;
    let mut setup = Setup::with_wallet_that_pays_after(|_| Box::pin(sleep(Duration::from_millis(20)))).await;
    let connected = machines[0].connect().await.unwrap().send(&setup.continuation()).await.unwrap();
    let session = serde_json::from_str::<ContinueGrantReply>(&connected.body).unwrap().session;

    let setup = Mutex::new(setup);
    let load =
        Load { balancer: &balancer, setup: &setup, session: &session, turn: Mutex::default(), tally: Mutex::default() };
    let end = Instant::now() + Duration::from_secs(4);
    let disturbance = async {
        sleep(Duration::from_secs(1)).await;
        machines[0].signal(signal);
    };
    tokio::join!(load.work(end), load.work(end), load.work(end), load.work(end), disturbance);
    let tally = load.tally.into_inner().unwrap();
    (tally, setup.into_inner().unwrap())
}

/// The quotes and the tokens that the wallet was asked to use, each once.
fn assert_nothing_twice(setup: &Setup) {
    let asked = setup.double.asked();
    let payments = asked.iter().filter(|asked| asked.what == "POST /t/outgoing-payments");
    let mut bodies: Vec<&str> = payments.map(|asked| asked.body.as_str()).collect();
    let count = bodies.len();
    bodies.sort_unstable();
    bodies.dedup();
    assert!(count > 10 && bodies.len() == count, "{} quotes were paid {count} times", bodies.len());
}

#[tokio::test]
async fn behind_a_balancer_a_machine_that_is_told_to_stop_loses_nothing() {
    let (tally, setup) = disturb("balanced-stop", "TERM").await;
    assert_nothing_twice(&setup);
    assert!(tally.paid > 10 && tally.unanswered == 0 && tally.lost == 0, "{tally:?}");
}

#[tokio::test]
async fn behind_a_balancer_a_machine_that_is_killed_pays_nothing_twice_and_loses_few_rotations() {
    let (tally, setup) = disturb("balanced-kill", "KILL").await;
    assert_nothing_twice(&setup);
    // At most what each user had under way.
    assert!(tally.paid > 10 && tally.rotated > 10 && tally.lost <= 4 && tally.unanswered <= 4, "{tally:?}");
    let rotations = setup.double.asked().into_iter().filter(|asked| asked.what == "POST /auth/token/1");
    let mut tokens: Vec<_> = rotations.map(|asked| asked.headers["authorization"].clone()).collect();
    let count = tokens.len();
    tokens.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    tokens.dedup();
    assert_eq!(tokens.len(), count, "no token is exchanged twice");
}
