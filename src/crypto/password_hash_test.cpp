#include "crypto/password_hash.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace ostiary::crypto {
namespace {

using namespace std::string_literals;
using Algorithm = PasswordParameters::Algorithm;

constexpr PasswordParameters cheap_argon2id{.memory_kib = 64, .passes = 1};
constexpr PasswordParameters cheap_bcrypt{.algorithm = Algorithm::bcrypt, .bcrypt_cost = 4};

bool verifies(const std::string& password, std::string_view stored) {
  return verify_password(Secret(password), stored);
}

struct Vector {
  std::string password;
  std::string stored;
};

// RFC 9106's own vector for Argon2id (section 5.3) uses a secret key and associated data. libsodium takes neither, nor
// does the form in which password hashes are stored: it can't be fed to us. These are of the reference implementation
// instead: first those of its test program, then what its command (argon2 0~20171227 of Debian 12) says for one to
// eight lanes, for the server's own parameters, and for a hash of 64 bytes.
const Vector argon2id_vectors[] = {
    {"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
    {"password", "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg"},
    {"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
    {"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
    {"differentpassword", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"},
    {"password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"},
    {"password", "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHQxMjM0NTY3OA$ukQHPiN8c3pzJX9sjUBdKB39WRsk4b2f0519K29qj14"},
    {"password", "$argon2id$v=19$m=1024,t=1,p=2$c29tZXNhbHQxMjM0NTY3OA$V2IJqs+q+sFf+nv2Zkyr9WBiy8UPbppGkMz2nPdfe6w"},
    {"password", "$argon2id$v=19$m=1024,t=3,p=2$c29tZXNhbHQxMjM0NTY3OA$73A10e6PsR2kXdXerCGMvbNN2z6KwP8iixS+tbXAf3Q"},
    {"password", "$argon2id$v=19$m=1024,t=1,p=4$c29tZXNhbHQxMjM0NTY3OA$4mWwCgnrOTyBKVye1b/oqVvFYGO65nhLzfZrgiXtgWo"},
    {"password", "$argon2id$v=19$m=1024,t=3,p=4$c29tZXNhbHQxMjM0NTY3OA$ucPTXPWBVZkmiMp5y4ObxGeoT8Z2lpt7knchY6e6M1U"},
    {"correct horse battery staple",
     "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0"},
    {std::string(127, 'p'), "$argon2id$v=19$m=1024,t=2,p=8$MDEyMzQ1Njc4OWFiY2RlZg$"
                            "kh/rAqYxs95WMwsmoT+PdrKeyCg8LD/J/oIu4PmfOpQDFt9QG8WBFJUW5zd9CcdV9gNBj079ObwhfKhEE+zPHQ"},
};

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// Of crypt_blowfish's test program (in the public domain), with the marks of other makers, too. The last three have 72
// bytes, all that bcrypt looks at.
const Vector bcrypt_vectors[] = {
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U*", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
    {"U*U*U", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
    {"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"},
    {"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
    {"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
    {"\xff\xa3"
     "345",
     "$2y$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e"},
    {times(72, "\xaa"), "$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6"},
    {times(36, "\xaa\x55"), "$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy"},
    {"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
     "$2b$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"},
};

TEST(PasswordHash, Argon2idVectors) {
  for (const auto& [password, stored] : argon2id_vectors) {
    EXPECT_TRUE(verifies(password, stored)) << stored;
    EXPECT_FALSE(verifies(password + "x", stored)) << stored;
  }
}

TEST(PasswordHash, BcryptVectors) {
  for (const auto& [password, stored] : bcrypt_vectors) {
    EXPECT_TRUE(verifies(password, stored)) << stored;
    EXPECT_FALSE(verifies("x" + password, stored)) << stored;
  }
}

// B19: bcrypt itself would take these: it looks at 72 bytes.
TEST(PasswordHash, BcryptVectorsWithMoreThan72BytesAreRefused) {
  int whole = 0;
  for (const auto& [password, stored] : bcrypt_vectors) {
    if (password.size() != 72) continue;
    ++whole;
    EXPECT_FALSE(verifies(password + "chars after 72", stored)) << stored;
    EXPECT_FALSE(verifies(password.substr(0, 71), stored)) << stored;
    EXPECT_FALSE(verifies(password.substr(0, 71) + "\x01", stored)) << stored;
  }
  EXPECT_EQ(whole, 3);
}

TEST(PasswordHash, NewOnesHaveTheAgreedFormAndVerify) {
  SystemRandom random;
  const std::string stored = hash_password(Secret("correct horse"s), {}, random);
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << stored;
  EXPECT_TRUE(verifies("correct horse", stored));
  EXPECT_FALSE(verifies("correct horsf", stored));
  const std::string bcrypt = hash_password(Secret("correct horse"s), cheap_bcrypt, random);
  EXPECT_TRUE(bcrypt.starts_with("$2b$04$")) << bcrypt;
  EXPECT_TRUE(verifies("correct horse", bcrypt));
  EXPECT_FALSE(verifies("correct horsf", bcrypt));
}

TEST(PasswordHash, SaltsDiffer) {
  SystemRandom random;
  const Secret password("correct horse"s);
  EXPECT_NE(hash_password(password, cheap_argon2id, random), hash_password(password, cheap_argon2id, random));
  EXPECT_NE(hash_password(password, cheap_bcrypt, random), hash_password(password, cheap_bcrypt, random));
}

// B19: what differs only at the end is another password, or refused; it is never cut.
TEST(PasswordHash, LongOnesAreNeverCut) {
  SystemRandom random;
  for (const std::size_t size : {71U, 72U, 73U, 256U, 1000U}) {
    const std::string password(size, 'a');
    const std::string stored = hash_password(Secret(password), cheap_argon2id, random);
    EXPECT_TRUE(verifies(password, stored));
    EXPECT_FALSE(verifies(password.substr(1), stored));
    EXPECT_FALSE(verifies(password.substr(1) + "b", stored));
    EXPECT_FALSE(verifies(password + "a", stored));
  }
  const std::string longest(72, 'a');
  const std::string stored = hash_password(Secret(longest), cheap_bcrypt, random);
  EXPECT_TRUE(verifies(longest, stored));
  EXPECT_FALSE(verifies(longest + "a", stored));
  EXPECT_FALSE(verifies(longest.substr(1), stored));
  EXPECT_THROW(hash_password(Secret(longest + "a"), cheap_bcrypt, random), std::invalid_argument);
  EXPECT_EQ(longest_password(Algorithm::bcrypt), 72U);
  EXPECT_EQ(longest_password(Algorithm::argon2id), 256U);
}

TEST(PasswordHash, NulEndsNothing) {
  SystemRandom random;
  const std::string bcrypt = hash_password(Secret("correct"s), cheap_bcrypt, random);
  EXPECT_FALSE(verifies("correct\0horse"s, bcrypt));
  EXPECT_FALSE(verifies("correct\0"s, bcrypt));
  EXPECT_THROW(hash_password(Secret("a\0b"s), cheap_bcrypt, random), std::invalid_argument);
  const std::string argon2id = hash_password(Secret("correct"s), cheap_argon2id, random);
  EXPECT_FALSE(verifies("correct\0"s, argon2id));
}

TEST(PasswordHash, OtherFormsAreFalse) {
  const std::string salt_and_hash = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const std::string stored[] = {
      "",
      "password",
      "$argon2id$v=19$m=256,t=2,p=1",
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
      "$argon2id$v=19$m=256,t=2,p=1" + salt_and_hash + "$",
      "$argon2id$v=19$m=256,t=2,p=1" + salt_and_hash + "=",
      "$argon2id$v=16$m=256,t=2,p=1" + salt_and_hash,
      "$argon2id$m=256,t=2,p=1" + salt_and_hash,
      "$argon2id$v=19$t=2,m=256,p=1" + salt_and_hash,
      "$argon2id$v=19$m=0256,t=2,p=1" + salt_and_hash,
      "$argon2id$v=19$m=-256,t=2,p=1" + salt_and_hash,
      "$argon2id$v=19$m=256,t=2,p=0" + salt_and_hash,
      "$argon2id$v=19$m=256,t=2,p=" + salt_and_hash,
      "$argon2id$v=19$m=99999999999999999999,t=2,p=1" + salt_and_hash,
      "$argon2i$v=19$m=256,t=2,p=1" + salt_and_hash,
      "$argon2d$v=19$m=256,t=2,p=1" + salt_and_hash,
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + std::string(600, 'A'),
      "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx",
      "$2b$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx",
      "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
      "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$2b$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "$2b$05$CCCCCCCCCCCCCCCCCCCCC:E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "*0",
      "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
      "$6$salt$password",
  };
  for (const std::string& form : stored) {
    EXPECT_FALSE(verifies("password", form)) << form;
    EXPECT_FALSE(verifies("U*U", form)) << form;
    EXPECT_TRUE(needs_rehash(form, {})) << form;
    EXPECT_TRUE(needs_rehash(form, cheap_bcrypt)) << form;
  }
}

TEST(PasswordHash, DearOnesAreRefusedBeforeTheyCost) {
  const std::string salt_and_hash = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& stored :
       {"$argon2id$v=19$m=262145,t=2,p=1"s + salt_and_hash, "$argon2id$v=19$m=4294967295,t=10,p=1"s + salt_and_hash,
        "$argon2id$v=19$m=262144,t=11,p=1"s + salt_and_hash, "$argon2id$v=19$m=262144,t=10,p=17"s + salt_and_hash,
        "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"s,
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"s}) {
    EXPECT_FALSE(verifies("password", stored)) << stored;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
  SystemRandom random;
  EXPECT_THROW(hash_password(Secret("password"s), {.memory_kib = 262145}, random), std::invalid_argument);
  EXPECT_THROW(hash_password(Secret("password"s), {.passes = 11}, random), std::invalid_argument);
  EXPECT_THROW(hash_password(Secret("password"s), {.algorithm = Algorithm::bcrypt, .bcrypt_cost = 15}, random),
               std::invalid_argument);
}

TEST(PasswordHash, NeedsRehashWhenWeakerOrOfTheOtherKind) {
  const PasswordParameters argon2id{.memory_kib = 19456, .passes = 2};
  const PasswordParameters bcrypt{.algorithm = Algorithm::bcrypt, .bcrypt_cost = 12};
  const std::string tail = ",p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const std::string hash = "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  EXPECT_FALSE(needs_rehash("$argon2id$v=19$m=19456,t=2" + tail, argon2id));
  EXPECT_FALSE(needs_rehash("$argon2id$v=19$m=65536,t=3" + tail, argon2id));
  EXPECT_TRUE(needs_rehash("$argon2id$v=19$m=19455,t=2" + tail, argon2id));
  EXPECT_TRUE(needs_rehash("$argon2id$v=19$m=19456,t=1" + tail, argon2id));
  EXPECT_TRUE(needs_rehash("$2b$12" + hash, argon2id));
  EXPECT_FALSE(needs_rehash("$2b$12" + hash, bcrypt));
  EXPECT_FALSE(needs_rehash("$2a$13" + hash, bcrypt));
  EXPECT_TRUE(needs_rehash("$2b$11" + hash, bcrypt));
  EXPECT_TRUE(needs_rehash("$argon2id$v=19$m=19456,t=2" + tail, bcrypt));
}

TEST(PasswordHash, CanHoldWhatIsNotCutB19) {
  for (const std::size_t length : {0, 1, 71, 72}) {
    EXPECT_TRUE(can_hold(Algorithm::bcrypt, Secret(std::string(length, 'a')))) << length;
  }
  EXPECT_FALSE(can_hold(Algorithm::bcrypt, Secret(std::string(73, 'a'))));
  EXPECT_FALSE(can_hold(Algorithm::bcrypt, Secret("a\0b"s)));
  EXPECT_TRUE(can_hold(Algorithm::argon2id, Secret("a\0b"s)));
  EXPECT_TRUE(can_hold(Algorithm::argon2id, Secret(std::string(256, 'a'))));
  EXPECT_FALSE(can_hold(Algorithm::argon2id, Secret(std::string(257, 'a'))));
}

TEST(PasswordHash, TheCostIsWhatStandsBeforeTheSalt) {
  const std::string salt_and_hash = "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  EXPECT_EQ(cost_of("$argon2id$v=19$m=19456,t=2,p=1$" + salt_and_hash), "$argon2id$v=19$m=19456,t=2,p=1$");
  EXPECT_EQ(cost_of("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), "$2b$05$");
  EXPECT_EQ(cost_of("$2y$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), "$2y$12$");
  for (const std::string_view unknown : {"", "$", "$$$$$", "*0", "$6$salt$password", "$argon2id$v=19$m=1,t=1$a$b"}) {
    EXPECT_EQ(cost_of(unknown), "") << unknown;
  }
}

TEST(PasswordHash, AnUnmatchableOneHasItsCostAndNoPassword) {
  SystemRandom random;
  for (const std::string_view cost :
       {"$argon2id$v=19$m=256,t=3,p=1$", "$argon2id$v=19$m=256,t=1,p=4$", "$2b$04$", "$2a$05$", "$2y$04$"}) {
    const std::string stored = make_unmatchable_hash(cost, random);
    EXPECT_EQ(cost_of(stored), cost);
    EXPECT_NE(stored, make_unmatchable_hash(cost, random));
    EXPECT_FALSE(verifies("password", stored)) << stored;
    EXPECT_FALSE(verifies("", stored)) << stored;
  }
  EXPECT_TRUE(make_unmatchable_hash("$2b$04$", random).size() == 60);
  for (const std::string_view unknown : {"", "$6$", "$argon2id$", "$2b$04$CCCC"}) {
    EXPECT_EQ(make_unmatchable_hash(unknown, random), "") << unknown;
  }
}

}  // namespace
}  // namespace ostiary::crypto
