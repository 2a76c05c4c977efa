//! The server over a real socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::command::command;

/// File, in the folder of the data, with what the server writes to standard error.
pub(crate) const STANDARD_ERROR: &str = "standard-error.txt";

/// A server on a free port, stopped when dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts a server on the data in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::of(command(folder), folder)
    }

    /// Starts the server of a command that may say where the data is, with what it writes to standard error in `folder`.
    pub(crate) fn of(mut command: Command, folder: &Path) -> Self {
        let mut process = command
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join(STANDARD_ERROR)).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        Self { process, address }
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Returns status, head (in lower case) and body of a request.
    pub(crate) fn ask(&self, method: &str, path: &str) -> (u16, String, String) {
        self.ask_with(method, path, "")
    }

    /// The same with `headers`, each ended by a line break.
    pub(crate) fn ask_with(&self, method: &str, path: &str, headers: &str) -> (u16, String, String) {
        let mut stream = self.connect();
        let usual = format!("Host: {}\r\nConnection: close\r\n", self.address);
        write!(stream, "{method} {path} HTTP/1.1\r\n{usual}{headers}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _may_be_gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
