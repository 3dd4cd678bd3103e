//! HTTP by hand: what no client library would do.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a server.
pub struct Line(pub TcpStream);

impl Line {
    pub async fn to(url: &str) -> Self {
        Self(TcpStream::connect(server(url)).await.expect("the server is there"))
    }

    /// From another of this machine's own addresses.
    pub async fn from(address: &str, url: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(format!("{address}:0").parse().expect("an address")).expect("an address of this machine");
        Self(socket.connect(server(url)).await.expect("the server is there"))
    }

    pub async fn say(&mut self, words: &str) {
        self.0.write_all(words.as_bytes()).await.expect("the line is open");
    }

    /// One whole answer: its status and everything after the status line.
    pub async fn answer(&mut self) -> (u16, String) {
        let mut read = Vec::new();
        let answer = async {
            loop {
                let text = String::from_utf8_lossy(&read).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && body.len() >= length(head)
                {
                    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                    return (status.expect("a status"), text);
                }
                assert_ne!(self.0.read_buf(&mut read).await.expect("the line is open"), 0, "closed after: {text}");
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")
    }

    /// Everything until the server closes.
    pub async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let read =
            tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the server closes in time");
        // A line that the server cut off with words of ours unread ends in an error.
        let _ = read;
        String::from_utf8_lossy(&rest).into_owned()
    }
}

fn server(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().expect("an address")
}

fn length(head: &str) -> usize {
    let line =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
    line.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
