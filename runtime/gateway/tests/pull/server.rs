//! A registry that does what a test tells it to, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::builder::{Blob, Image};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of the body after which the connection is closed.
    pub(crate) cut: Option<usize>,
    /// No `Content-Length`: the end of the connection ends the body.
    pub(crate) endless: bool,
    /// The pause before each byte of the body.
    pub(crate) trickle: Option<Duration>,
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new(200) }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }
}

/// A server on a port of 127.0.0.1. It lives as long as the test process.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers each request by `answer`, which is given the requests so far, the present one last.
    pub(crate) fn start(answer: impl Fn(&Asked, &[Asked]) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(&stream, &log, &*answer));
            }
        });
        Self { address, asked }
    }

    /// Serves an image under any repository and tag.
    pub(crate) fn of_image(image: &Image) -> Self {
        let image = image.clone();
        Self::start(move |asked, _| image_answer(&image, asked))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// What a plain registry answers.
pub(crate) fn image_answer(image: &Image, asked: &Asked) -> Answer {
    let path = asked.target.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if path.contains("/manifests/") {
        let digest = image.manifest.digest().to_string();
        let by_digest = name.starts_with("sha256:");
        if by_digest && name != digest {
            return Answer::new(404);
        }
        return Answer::ok(image.manifest.bytes.clone())
            .with("Content-Type", image.manifest.media_type.clone())
            .with("Docker-Content-Digest", digest);
    }
    match image.blobs().find(|blob| blob.digest().to_string() == name) {
        Some(blob) => blob_answer(blob, asked),
        None => Answer::new(404),
    }
}

/// A blob, or the part of it that is asked for.
pub(crate) fn blob_answer(blob: &Blob, asked: &Asked) -> Answer {
    let range = asked.header("range");
    let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    match from.and_then(|from| from.parse::<usize>().ok()) {
        Some(from) => {
            let last = blob.bytes.len() - 1;
            let mut answer = Answer::ok(&blob.bytes[from..]);
            answer.status = 206;
            answer.with("Content-Range", format!("bytes {from}-{last}/{}", last + 1))
        }
        None => Answer::ok(blob.bytes.clone()),
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Asked>>, answer: &(dyn Fn(&Asked, &[Asked]) -> Answer + Send + Sync)) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let asked = Asked { target: first.split(' ').nth(1).unwrap_or_default().to_owned(), headers: headers.collect() };
    let so_far = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.clone()
    };
    let answer = answer(&asked, &so_far);
    let mut head = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !answer.endless {
        head += &format!("Content-Length: {}\r\n", answer.body.len());
    }
    let end = answer.cut.unwrap_or(answer.body.len());
    let mut stream = stream;
    // A client that has heard enough may be gone.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    let Some(pause) = answer.trickle else {
        let _ = stream.write_all(&answer.body[..end]);
        return;
    };
    for byte in &answer.body[..end] {
        std::thread::sleep(pause);
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
    }
}
