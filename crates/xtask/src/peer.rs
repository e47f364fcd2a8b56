//! Whom the background crate's tests talk to: a server on loopback that answers well or badly.

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Known to `crates/background/tests/common/mod.rs` too: a page can be given no environment. Browsers
/// go to no port of the Fetch standard's list of bad ones.
const ADDRESS: &str = "127.0.0.1:4180";

/// What browsers want to see before they let a page read a reply.
const SHARED: &str = "access-control-allow-origin: *\r\naccess-control-expose-headers: rivulet-session\r\n";

/// Serves until the process ends.
pub(crate) fn start() -> Result<()> {
    let listener = TcpListener::bind(ADDRESS)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser that hangs up in the middle is part of the tests.
            thread::spawn(move || drop(answer(stream)));
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream) -> Result<()> {
    let request = read(&mut stream)?;
    let text = String::from_utf8_lossy(&request);
    let mut words = text.split([' ', '?']);
    match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
        ("OPTIONS", _) => {
            let asked = text.lines().find_map(|line| line.strip_prefix("Access-Control-Request-Headers: "));
            let allowed = format!("access-control-allow-headers: {}\r\n", asked.unwrap_or_default());
            reply(&mut stream, "204 No Content", &allowed, b"")
        }
        (_, "/echo") => reply(&mut stream, "200 OK", "rivulet-session: renewed\r\n", &request),
        (_, "/thousand") => reply(&mut stream, "200 OK", "", &[b'a'; 1_000]),
        (_, "/latin1") => reply(&mut stream, "200 OK", "", &[0xe9]),
        (_, "/redirect") => reply(&mut stream, "302 Found", "location: /echo\r\n", b""),
        (_, "/hang-up") => Ok(()),
        (_, "/silent") => wait(&mut stream),
        (_, "/stalled") => {
            write!(stream, "HTTP/1.1 200 OK\r\n{SHARED}content-length: 9\r\n\r\nhalf")?;
            wait(&mut stream)
        }
        (_, "/endless") => {
            write!(stream, "HTTP/1.1 200 OK\r\n{SHARED}\r\n")?;
            loop {
                stream.write_all(&[b'a'; 4_096])?;
            }
        }
        _ => reply(&mut stream, "404 Not Found", "", b""),
    }
}

fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\n{SHARED}{headers}content-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(body)
}

/// Reads one request: its head, and as much body as that announces.
fn read(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let length = stream.read(&mut part)?;
        request.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&request);
        let announced = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
        let head = request.windows(4).position(|window| window == b"\r\n\r\n");
        if length == 0 || head.is_some_and(|head| request.len() >= head + 4 + announced.unwrap_or(0)) {
            return Ok(request);
        }
    }
}

/// Says nothing until the other end hangs up.
fn wait(stream: &mut TcpStream) -> Result<()> {
    stream.read(&mut [0]).map(drop)
}
