//! Connections of an address that is not this machine's: in a network namespace of its own, whose loopback has such an address.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use crate::{command::command, namespace, server::Server, site::Site};

/// An address reserved for documentation (RFC 5737).
const ADDRESS: &str = "203.0.113.7";

/// Connections of one address, by the settings of the test.
const EACH: usize = 5;

impl Server {
    /// Opens a connection from [`ADDRESS`], sends a request on it, and returns the connection with the first bytes of the answer, or
    /// `None` when it is closed without any.
    fn answered(&self) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // A server that has closed it may reset it.
        let _may_break = stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let read = stream.read(&mut [0; 12]).unwrap_or(0);
        (read > 0).then_some(stream)
    }

    /// Returns how many sockets it has open.
    fn sockets(&self) -> usize {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().flatten();
        let targets = descriptors.filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
    }
}

#[test]
fn address_has_at_most_connections_each() {
    if !namespace::is_inside() {
        let name = "network::address_has_at_most_connections_each";
        return namespace::run_inside(name, ("a network namespace", "-n"), &["ip", "link", "set", "lo", "up"]);
    }
    for arguments in [&["link", "set", "lo", "up"][..], &["addr", "add", ADDRESS, "dev", "lo"]] {
        assert!(Command::new("ip").args(arguments).status().unwrap().success());
    }
    let folder = tempfile::tempdir().unwrap();
    let site = Site::bare(folder.path());
    site.succeeds(&["keys", "create", "ana"]);
    std::fs::write(folder.path().join("closecast.toml"), format!("[server.limits]\nconnections_each = {EACH}\n"))
        .unwrap();
    let mut program = command(folder.path());
    program.env("CLOSECAST_HOST", "0.0.0.0");
    let mut server = Server::of(program, folder.path());
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    server.address = format!("{ADDRESS}:{port}");

    let before = server.sockets();
    let open: Vec<TcpStream> = (0..EACH).map(|_| server.answered().unwrap()).collect();
    for _ in 0..20 {
        assert!(server.answered().is_none(), "one address has more than {EACH} connections");
    }
    let now = server.sockets();
    assert!(now <= before + EACH, "{before} sockets before, {now} now");
    // This machine's own are not counted.
    server.address = format!("127.0.0.1:{port}");
    assert!((0..2 * EACH).map(|_| server.answered()).collect::<Vec<_>>().iter().all(Option::is_some));
    // A connection that ends makes room.
    server.address = format!("{ADDRESS}:{port}");
    drop(open);
    let begun = Instant::now();
    while server.answered().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "ended connections still count");
        std::thread::sleep(Duration::from_millis(20));
    }
}
