//! Where tokens and registrations are kept from one run of a program to the next.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use data_encoding::HEXLOWER;

use crate::error::Error;
use crate::http_client::Authorizing;

/// Something about a store that is on its way.
pub type Storing<'a, T> = Authorizing<'a, T>;

/// A place for secrets: what a keychain is. What is kept is text that means something to this crate alone, under a key
/// that names a server; it is as secret as a password.
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft>
pub trait TokenStore: Send + Sync {
    /// What was kept last under this key.
    ///
    /// # Errors
    /// If it cannot be read: calls that need it end with this.
    fn load<'a>(&'a self, key: &'a str) -> Storing<'a, Option<String>>;

    /// Keeps this under the key, or takes away what is there.
    ///
    /// # Errors
    /// If it cannot be kept; this is reported to the diagnostics, and the program goes on without.
    fn save<'a>(&'a self, key: &'a str, value: Option<&'a str>) -> Storing<'a, ()>;
}

/// Keeps things as long as the program runs: the default.
#[derive(Default)]
pub struct MemoryStore(Mutex<HashMap<String, String>>);

impl TokenStore for MemoryStore {
    fn load<'a>(&'a self, key: &'a str) -> Storing<'a, Option<String>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn save<'a>(&'a self, key: &'a str, value: Option<&'a str>) -> Storing<'a, ()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match value {
            Some(value) => drop(kept.insert(key.to_owned(), value.to_owned())),
            None => drop(kept.remove(key)),
        }
        Box::pin(async { Ok(()) })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore(…)")
    }
}

/// Keeps things in files of a folder that, on Unix, nobody but the user may read (0600). They are not encrypted: where
/// the system has a keychain, a [`TokenStore`] of your own is better.
#[derive(Debug, Clone)]
pub struct FileStore(PathBuf);

impl FileStore {
    /// Keeps them in this folder, which is made if it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        FileStore(folder.into())
    }

    /// A file a key: its name is a digest, since keys are addresses.
    fn place(&self, key: &str) -> PathBuf {
        let name = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
        self.0.join(format!("{}.json", HEXLOWER.encode(name.as_ref())))
    }
}

impl TokenStore for FileStore {
    fn load<'a>(&'a self, key: &'a str) -> Storing<'a, Option<String>> {
        let place = self.place(key);
        aside(move || match std::fs::read_to_string(&place) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(told(&place, &error)),
        })
    }

    fn save<'a>(&'a self, key: &'a str, value: Option<&'a str>) -> Storing<'a, ()> {
        let (folder, place, value) = (self.0.clone(), self.place(key), value.map(str::to_owned));
        aside(move || {
            let done = match value {
                Some(value) => write(&folder, &place, &value),
                None => std::fs::remove_file(&place).or_else(|error| match error.kind() {
                    ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                }),
            };
            done.map_err(|error| told(&place, &error))
        })
    }
}

/// Does it where waiting for a disk keeps nobody else waiting.
fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Storing<'static, T> {
    Box::pin(async move {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(Error::Io(format!("the token store stopped: {error}"))))
    })
}

fn told(place: &Path, error: &io::Error) -> Error {
    Error::Io(format!("the token store {}: {error}", place.display()))
}

/// Writes beside the file and puts it in its place, so that there is never half of one.
fn write(folder: &Path, place: &Path, text: &str) -> io::Result<()> {
    make(folder)?;
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let beside = place.with_extension(format!("{}-{number}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Of an earlier process with this number, which was ended in between.
    let _left_over = std::fs::remove_file(&beside);
    let mut file = options.open(&beside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| std::fs::rename(&beside, place));
    if placed.is_err() {
        let _unfinished = std::fs::remove_file(&beside);
    }
    placed
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
