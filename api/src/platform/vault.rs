//! The vault: seals what must not be read in the database or a backup of it, with keys that the database never sees.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use boai_entity::Instant;
use chrono::NaiveDate;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

use super::{
    errors::Fault,
    random::Random,
    signing::{PublicKey, SECRET, Signature, SignatureFault, SigningKeys},
};

/// The name, among the keys, of the one that makes fingerprints. It stays when the others are changed, for a fingerprint
/// that changed would let the same value in twice.
const FINGERPRINT: &str = "fingerprint";
/// The first word of whatever this way of sealing made.
const FORM: &str = "v1";
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// Keys in memory, and where they came from.
#[derive(Clone)]
pub struct Vault {
    /// Where to look again when a key was added while this process runs.
    file: Option<PathBuf>,
    keys: Arc<RwLock<Arc<Keys>>>,
    /// Not the App's: under a seeded generator nonces would come again, and a nonce that comes again breaks AES-GCM.
    random: Random,
}

/// Shows the keys' names, never the keys.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("keys", &self.key_ids()).finish_non_exhaustive()
    }
}

/// Why a sealed value did not open. Nothing in it is secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SealBroken {
    #[error("it is sealed with the key `{0}`, which is not among the keys")]
    UnknownKey(String),
    #[error("it was changed, belongs to another place, or was sealed with another key of the name `{0}`")]
    Forged(String),
    #[error("it is no sealed value")]
    Garbage,
}

impl From<SealBroken> for Fault {
    fn from(broken: SealBroken) -> Self {
        Self::Internal(format!("a sealed value does not open: {broken}"))
    }
}

impl Vault {
    /// From keys as text: see [`Keys::read`].
    pub fn given(text: &str) -> Result<Self, String> {
        Ok(Self::new(None, Keys::read(text)?))
    }

    /// From a file that nobody but its owner may read.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        Ok(Self::new(Some(path.to_owned()), Keys::read_file(path)?))
    }

    /// From a file that is made, with new keys, when it is not there.
    pub fn from_file_or_new(path: &Path) -> Result<Self, String> {
        match make_file(path, &new_keys(&Random::system())) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{}: the file of keys cannot be made: {error}", path.display())),
        }
        Self::from_file(path)
    }

    fn new(file: Option<PathBuf>, keys: Keys) -> Self {
        Self { file, keys: Arc::new(RwLock::new(Arc::new(keys))), random: Random::system() }
    }

    /// Seals a value for one place: `context` names it (a table, a column and a row, as `identity/{id}/number`), and the
    /// value opens at no other.
    pub fn seal(&self, context: &str, plain: &[u8]) -> String {
        // Nothing is sealed with a key that is on its way out: what was sealed after the rotation would be lost with it.
        self.look_again();
        let keys = self.keys();
        let key = &keys.sealing[0];
        // 96 random bits: safe for some 2³² values a key (NIST SP 800-38D, 8.3), hundreds for everyone in the province.
        let nonce: [u8; NONCE_BYTES] = self.random.bytes();
        let bound = bound(&key.id, context);
        let payload = Payload { msg: plain, aad: &bound };
        let sealed = key.cipher.encrypt(&nonce.into(), payload).expect("fewer than 64 GiB");
        format!("{FORM}.{}.{}", key.id, BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens a value that was sealed for this place.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>, SealBroken> {
        let (id, bytes) = parts(sealed).ok_or(SealBroken::Garbage)?;
        if !self.keys().has(id) {
            self.look_again();
        }
        let keys = self.keys();
        let key = keys.sealing.iter().find(|key| key.id == id).ok_or_else(|| SealBroken::UnknownKey(id.into()))?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken::Garbage)?;
        let bound = bound(id, context);
        let payload = Payload { msg: sealed, aad: &bound };
        key.cipher.decrypt(&(*nonce).into(), payload).map_err(|_| SealBroken::Forged(id.into()))
    }

    /// What the same value always comes to, and nobody without the key can try out: an ID number has so few possible
    /// values that a plain hash of it is as good as the number.
    pub fn fingerprint(&self, context: &str, value: &str) -> String {
        self.keys().fingerprint(context, value)
    }

    /// A key for one use, that leads nobody back to the vault's own.
    pub fn derive(&self, context: &str, value: &str) -> [u8; 32] {
        self.keys().mac(context, value)
    }

    /// An id that the same value always has in the same context, and that leads nobody without the key back to it.
    pub fn pseudonym(&self, context: &str, value: &str) -> Uuid {
        let mac = self.derive(context, value);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&mac[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Signs what anybody may check; none where there is no key whose time it is.
    pub fn sign(&self, now: Instant, message: &[u8]) -> Option<Signature> {
        self.look_again();
        self.keys().signing.sign(now, message)
    }

    /// Whether this key signed this, and might do so at that time.
    pub fn verify(&self, key: &str, at: Instant, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        if !self.keys().signing.has(key) {
            self.look_again();
        }
        self.keys().signing.verify(key, at, message, signature)
    }

    /// What is published of the keys that sign, in the order of their days.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.look_again();
        self.keys().signing.public()
    }

    /// Whether this was sealed with the key that seals now.
    pub fn is_current(&self, sealed: &str) -> bool {
        parts(sealed).is_some_and(|(id, _)| id == self.keys().sealing[0].id)
    }

    /// The name of the key that seals now.
    pub fn current_key(&self) -> String {
        self.keys().sealing[0].id.clone()
    }

    /// The names of all keys, the one that seals now first.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().sealing.iter().map(|key| key.id.clone()).collect()
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again, so that a key added to it is known without a restart. What cannot be read changes nothing.
    pub fn look_again(&self) {
        let Some(file) = &self.file else { return };
        match Keys::read_file(file) {
            // Other fingerprints would let the same value in twice: that key never changes under a running server.
            Ok(keys) if keys.fingerprint("", "") == self.keys().fingerprint("", "") => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
            }
            Ok(_) => {
                tracing::error!("the key `{FINGERPRINT}` in the file of keys is another one; the old keys stay in use")
            }
            Err(error) => tracing::error!(error, "the old keys stay in use"),
        }
    }
}

/// Where a sealed value belongs. Neither part can run into the other: a key's name has no slash.
fn bound(key_id: &str, context: &str) -> Vec<u8> {
    format!("boai/{FORM}/{key_id}/{context}").into_bytes()
}

/// The key's name and the bytes of a sealed value.
fn parts(sealed: &str) -> Option<(&str, Vec<u8>)> {
    let (id, bytes) = sealed.strip_prefix(FORM)?.strip_prefix('.')?.split_once('.')?;
    Some((id, BASE64_URL_SAFE_NO_PAD.decode(bytes).ok()?))
}

struct Keys {
    /// At least one; the first seals.
    sealing: Vec<SealingKey>,
    fingerprint: Hmac<Sha256>,
    signing: SigningKeys,
}

struct SealingKey {
    id: String,
    cipher: Aes256Gcm,
}

impl Keys {
    /// `name:key` for each, with commas or line breaks between them; a line that begins with # says something to people.
    /// A key is 32 bytes in base64. The one named `fingerprint` makes fingerprints, the first of the others seals, and the
    /// rest open what they sealed earlier; `sign-NAME@DAY` are those of [`SigningKeys`]. What is wrong is told without showing any of it.
    fn read(text: &str) -> Result<Self, String> {
        let mut sealing: Vec<SealingKey> = Vec::new();
        let mut fingerprint = None;
        let mut signing = SigningKeys::default();
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let items = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty());
        for (place, item) in items.enumerate() {
            let place = place + 1;
            let (id, key) = item.split_once(':').ok_or_else(|| format!("key {place}: must be written as name:key"))?;
            let (id, key) = (id.trim(), key.trim());
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let signs = SigningKeys::is_one(id);
            if !signs && (id.is_empty() || id.len() > 32 || !id.chars().all(plain)) {
                return Err(format!("key {place}: its name must be 1 to 32 Latin letters, digits, - or _"));
            }
            let bytes = BASE64_STANDARD.decode(key).ok().and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
            let bytes = bytes.ok_or_else(|| format!("key `{id}`: must be {KEY_BYTES} bytes in base64"))?;
            if bytes.iter().all(|byte| *byte == bytes[0]) {
                return Err(format!("key `{id}`: must be random; this is one byte again and again"));
            }
            if signs {
                signing.add(id, &bytes)?;
                continue;
            }
            let known = if id == FINGERPRINT { fingerprint.is_some() } else { sealing.iter().any(|key| key.id == id) };
            if known {
                return Err(format!("key `{id}`: is there twice; each key needs a name of its own"));
            }
            if id == FINGERPRINT {
                fingerprint = Some(Hmac::new_from_slice(&bytes).expect("a key of any length"));
            } else {
                sealing.push(SealingKey { id: id.into(), cipher: Aes256Gcm::new(&bytes.into()) });
            }
        }
        if sealing.is_empty() {
            return Err("there is no key to seal with".into());
        }
        let fingerprint = fingerprint.ok_or_else(|| format!("there is no key named `{FINGERPRINT}`"))?;
        Ok(Self { sealing, fingerprint, signing })
    }

    fn read_file(path: &Path) -> Result<Self, String> {
        let told = |what: String| format!("{}: {what}", path.display());
        let read = || -> io::Result<(u32, String)> {
            let file = File::open(path)?;
            // Asked of the open file, so that it cannot be exchanged in between.
            let mode = file.metadata()?.permissions().mode();
            Ok((mode, io::read_to_string(file)?))
        };
        let (mode, text) = read().map_err(|error| told(format!("the file of keys cannot be read: {error}")))?;
        if mode & 0o077 != 0 {
            let mode = mode & 0o777;
            return Err(told(format!("others than its owner may use this file of keys (mode {mode:o}): chmod 600 it")));
        }
        Self::read(&text).map_err(told)
    }

    fn has(&self, id: &str) -> bool {
        self.sealing.iter().any(|key| key.id == id)
    }

    fn fingerprint(&self, context: &str, value: &str) -> String {
        hex::encode(self.mac(context, value))
    }

    fn mac(&self, context: &str, value: &str) -> [u8; 32] {
        let mut mac = self.fingerprint.clone();
        // The length keeps the two apart.
        mac.update(&u64::try_from(context.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(context.as_bytes());
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Makes a file of keys, or puts a new key before those of a file that is there. The name of the key that seals now.
pub fn add_key(path: &Path, random: &Random) -> Result<String, String> {
    let told = |error: io::Error| format!("{}: the file of keys cannot be written: {error}", path.display());
    match make_file(path, &new_keys(random)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made.map_err(told).and_then(|()| Ok(Vault::from_file(path)?.current_key())),
    }
    let keys = Keys::read_file(path)?;
    let id = (1..).map(|number| format!("k{number}")).find(|id| !keys.has(id)).expect("a number that is free");
    let old = fs::read_to_string(path).map_err(told)?;
    let draft = draft_file(path, &format!("{}\n{old}", new_key(&id, random))).map_err(told)?;
    fs::rename(draft, path).map_err(told)?;
    Ok(id)
}

/// Adds a key to the file that signs from `from` on; of those whose time is over `today` only the public part stays. The name
/// of the new one.
pub fn add_signing_key(path: &Path, random: &Random, from: NaiveDate, today: NaiveDate) -> Result<String, String> {
    let keys = Keys::read_file(path)?;
    let told = |error: io::Error| format!("{}: the file of keys cannot be written: {error}", path.display());
    let id = (1..).map(|number| format!("s{number}")).find(|id| !keys.signing.has(id)).expect("a number that is free");
    let over = keys.signing.over_by(today);
    let old = fs::read_to_string(path).map_err(told)?;
    let kept = old.lines().map(|line| {
        let name = line.trim().split(':').next().unwrap_or_default();
        match over.iter().find(|(secret, ..)| secret == name) {
            Some((_, public, bytes)) => format!("{public}:{}", BASE64_STANDARD.encode(bytes)),
            None => line.to_owned(),
        }
    });
    let new = new_key(&format!("{SECRET}{id}@{from}"), random);
    let text = kept.chain([new]).collect::<Vec<_>>().join("\n") + "\n";
    Keys::read(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let draft = draft_file(path, &text).map_err(told)?;
    fs::rename(draft, path).map_err(told)?;
    Ok(id)
}

/// A new key, as a line for the file of keys.
fn new_key(id: &str, random: &Random) -> String {
    format!("{id}:{}", BASE64_STANDARD.encode(random.bytes::<KEY_BYTES>()))
}

/// A whole new file of keys.
fn new_keys(random: &Random) -> String {
    format!(
        "# What people trusted us with is sealed with these keys: without this file it cannot be read any more.\n\
         # Keep a copy of it where the copies of the database are not. The first key seals; `{FINGERPRINT}` stays for good.\n\
         # A key whose name begins with {SECRET} signs what anybody may check.\n\
         {}\n{}\n{}\n",
        new_key("k1", random),
        new_key(FINGERPRINT, random),
        new_key(&format!("{SECRET}s1"), random)
    )
}

/// Makes the file in one step, so that of two processes that start at once both read the same keys, and a crash half-way
/// leaves none behind. Fails with `AlreadyExists` when it is there.
fn make_file(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let draft = draft_file(path, text)?;
    // Unlike a rename, a link never takes the place of a file that is there.
    let made = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    made
}

/// Writes a file for its owner alone beside this one, safe on the disk.
fn draft_file(path: &Path, text: &str) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("{}.new", hex::encode(Random::system().bytes::<8>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(id: &str, seed: u64) -> String {
        new_key(id, &Random::seeded(seed))
    }

    fn vault(text: &[String]) -> Vault {
        Vault::given(&text.join(",")).unwrap()
    }

    fn usual() -> Vault {
        vault(&[key("k1", 1), key(FINGERPRINT, 9)])
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_after_another_took_its_place() {
        let before = usual();
        let sealed = before.seal("person/1/number", b"secret");
        assert!(sealed.starts_with("v1.k1.") && before.is_current(&sealed));
        let after = vault(&[key("k2", 2), key("k1", 1), key(FINGERPRINT, 9)]);
        assert_eq!(after.open("person/1/number", &sealed), Ok(b"secret".to_vec()));
        assert!(!after.is_current(&sealed));
        assert_eq!(after.current_key(), "k2");
        assert_eq!(after.fingerprint("number", "1"), before.fingerprint("number", "1"));
        let without = vault(&[key("k2", 2), key(FINGERPRINT, 9)]);
        assert_eq!(without.open("person/1/number", &sealed), Err(SealBroken::UnknownKey("k1".into())));
        let exchanged = vault(&[key("k1", 3), key(FINGERPRINT, 9)]);
        assert_eq!(exchanged.open("person/1/number", &sealed), Err(SealBroken::Forged("k1".into())));
    }

    #[test]
    fn a_key_cannot_be_exchanged_by_its_name_in_the_sealed_text() {
        let vault = vault(&[key("k1", 1), key("k2", 1), key(FINGERPRINT, 9)]);
        let sealed = vault.seal("a", b"secret").replacen("k1", "k2", 1);
        assert_eq!(vault.open("a", &sealed), Err(SealBroken::Forged("k2".into())));
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time_and_has_one_fingerprint_a_place() {
        let vault = usual();
        assert_ne!(vault.seal("a", b"secret"), vault.seal("a", b"secret"));
        assert_eq!(vault.fingerprint("a", "secret"), vault.fingerprint("a", "secret"));
        assert_ne!(vault.fingerprint("a", "secret"), vault.fingerprint("b", "secret"));
        assert_ne!(vault.fingerprint("ab", "c"), vault.fingerprint("a", "bc"));
        let other = Vault::given(&[key("k1", 1), key(FINGERPRINT, 8)].join(",")).unwrap();
        assert_ne!(vault.fingerprint("a", "secret"), other.fingerprint("a", "secret"));
    }

    #[test]
    fn neither_the_vault_nor_an_error_shows_a_key() {
        let keys = [key("k1", 1), key(FINGERPRINT, 9)];
        let shown = format!("{:?}", vault(&keys));
        assert!(shown.contains("k1"), "{shown}");
        for secret in keys.iter().map(|key| key.split_once(':').unwrap().1) {
            assert!(!shown.contains(secret));
            for wrong in [format!("k1:{secret}x"), secret.to_owned(), format!("k 1:{secret}"), format!("k1:{secret}")] {
                let error = Vault::given(&wrong).unwrap_err();
                assert!(!error.contains(&secret[..8]), "{error}");
            }
        }
    }

    #[test]
    fn wrong_keys_are_refused_with_what_would_be_right() {
        let (k1, print) = (key("k1", 1), key(FINGERPRINT, 9));
        let zeros = format!("k1:{}", BASE64_STANDARD.encode([0; 32]));
        for (text, right) in [
            (String::new(), "no key to seal"),
            (k1.clone(), "`fingerprint`"),
            (print.clone(), "no key to seal"),
            (format!("{k1},{k1},{print}"), "twice"),
            (format!("k1:AAAA,{print}"), "32 bytes"),
            (format!("{zeros},{print}"), "random"),
            (format!("a/b{},{print}", &k1[2..]), "Latin"),
            ("k1".into(), "name:key"),
        ] {
            let error = Vault::given(&text).unwrap_err();
            assert!(error.contains(right), "{error}");
        }
        Vault::given(&format!("# of 2026\n{k1}\n\n{print}\n")).unwrap();
    }

    #[test]
    fn a_file_of_keys_is_made_once_and_for_its_owner_alone() {
        let folder = std::env::temp_dir().join(format!("boai-vault-{}", hex::encode(Random::system().bytes::<8>())));
        let path = folder.join("vault.keys");
        let vaults: Vec<Vault> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| Vault::from_file_or_new(&path).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let sealed = vaults[0].seal("a", b"secret");
        assert!(vaults.iter().all(|vault| vault.open("a", &sealed).is_ok()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left behind");

        // A key added to the file is known to a server that runs, and seals from then on.
        assert_eq!(add_key(&path, &Random::seeded(2)), Ok("k2".into()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let other = Vault::from_file(&path).unwrap().seal("a", b"secret");
        assert!(other.starts_with("v1.k2."));
        assert_eq!(vaults[0].open("a", &other), Ok(b"secret".to_vec()));
        assert!(vaults[1].seal("a", b"secret").starts_with("v1.k2."));
        // A file that cannot be read any more, or has other fingerprints, changes nothing for it.
        for broken in [String::new(), new_keys(&Random::seeded(5))] {
            fs::write(&path, broken).unwrap();
            assert_eq!(vaults[0].open("a", &other), Ok(b"secret".to_vec()));
            assert!(vaults[0].seal("a", b"secret").starts_with("v1.k2."));
        }

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Vault::from_file(&path).unwrap_err();
        assert!(error.contains("640") && error.contains("chmod 600"), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }

    proptest! {
        #[test]
        fn every_value_comes_back_and_from_its_own_place_only(
            plain in proptest::collection::vec(any::<u8>(), 0..200), place in ".{0,40}", other in ".{0,40}",
        ) {
            let vault = usual();
            let sealed = vault.seal(&place, &plain);
            prop_assert_eq!(vault.open(&place, &sealed), Ok(plain));
            if place != other {
                prop_assert_eq!(vault.open(&other, &sealed), Err(SealBroken::Forged("k1".into())));
            }
        }

        #[test]
        fn one_changed_bit_is_seen(plain in proptest::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let vault = usual();
            let sealed = vault.seal("a", &plain);
            let (id, mut bytes) = parts(&sealed).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let forged = format!("v1.{id}.{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
            prop_assert_eq!(vault.open("a", &forged), Err(SealBroken::Forged("k1".into())));
        }

        #[test]
        fn no_text_makes_it_stumble(text in ".{0,80}") {
            prop_assert!(usual().open("a", &text).is_err());
            let sealed = format!("v1.k1.{text}");
            prop_assert!(usual().open("a", &sealed).is_err());
            let _ = Vault::given(&text);
        }
    }
}
