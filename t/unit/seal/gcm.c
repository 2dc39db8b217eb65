/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"
#include "core/seal/gcm.h"
#include "lib/tap.h"

#include <string.h>

#define ZEROS_12 "000000000000000000000000"
#define ZEROS_16 "00000000000000000000000000000000"
#define ZEROS_32 ZEROS_16 ZEROS_16
#define KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define NONCE "cafebabefacedbaddecaf888"
#define PLAIN_60                                                                                             \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"       \
    "b16aedf5aa0de657ba637b39"
#define CIPHER_60                                                                                            \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"       \
    "c5f61e6393ba7a0abcc9f662"
#define TEXT_MAX 64

/* The cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), as submitted to NIST: those
 * with a key of 256 bits and a nonce of 96 bits. */
static const struct {
    const char *key, *nonce, *bound, *plain, *sealed;
} vectors[] = {
    { ZEROS_32, ZEROS_12, "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
    { ZEROS_32, ZEROS_12, "", ZEROS_16,
      "cea7403d4d606b6e074ec5d3baf39d18"
      "d0d1c8a799996bf0265b98b5d48ab919" },
    { KEY, NONCE, "", PLAIN_60 "1aafd255",
      CIPHER_60 "898015ad"
                "b094dac5d93471bdec1a502270e3cc6c" },
    { KEY, NONCE, "feedfacedeadbeeffeedfacedeadbeefabaddad2", PLAIN_60,
      CIPHER_60 "76fc6ece0f4e1768cddf8853bb2d551b" },
};

static size_t unhex(const char *hex, unsigned char *out)
{
    size_t length = strlen(hex) / 2;

    tap_is_result(luci_secret_unhex(hex, out, length), LUCI_OK, "the vector is hex of %d bytes", (int)length);
    return length;
}

/* Each byte of all inputs of decryption is part of what the tag protects. */
static int wrong_bytes(const luci_gcm_t *gcm, unsigned char *bytes, size_t length,
                       const unsigned char *sealed, size_t sealed_length)
{
    static const unsigned char zeros[TEXT_MAX];
    unsigned char plain[TEXT_MAX];
    int wrong = 0;

    for (size_t i = 0; i < length; i++) {
        bytes[i] ^= 1;
        memset(plain, 'x', sizeof plain);
        wrong += luci_gcm_decrypt(gcm, sealed, sealed_length, plain) != LUCI_DENIED ||
                 memcmp(plain, zeros, sealed_length - LUCI_GCM_TAG_BYTES) != 0;
        bytes[i] ^= 1;
    }
    return wrong;
}

static void check_vector(size_t i)
{
    unsigned char key[LUCI_GCM_KEY_BYTES], nonce[LUCI_GCM_NONCE_BYTES], bound[TEXT_MAX], plain[TEXT_MAX];
    unsigned char sealed[TEXT_MAX + LUCI_GCM_TAG_BYTES], out[TEXT_MAX + LUCI_GCM_TAG_BYTES];
    luci_gcm_t gcm = { .key = key, .nonce = nonce, .bound = bound };
    size_t length, sealed_length;
    int vector = (int)i + 13, wrong;

    unhex(vectors[i].key, key);
    unhex(vectors[i].nonce, nonce);
    gcm.bound_length = unhex(vectors[i].bound, bound);
    length = unhex(vectors[i].plain, plain);
    sealed_length = unhex(vectors[i].sealed, sealed);
    tap_is_result(luci_gcm_encrypt(&gcm, plain, length, out), LUCI_OK, "GCM encrypts case %d", vector);
    tap_is_mem(out, sealed, sealed_length, "GCM's ciphertext and tag of case %d", vector);
    tap_is_result(luci_gcm_decrypt(&gcm, sealed, sealed_length, out), LUCI_OK, "GCM decrypts case %d",
                  vector);
    tap_is_mem(out, plain, length, "GCM's plaintext of case %d", vector);
    wrong = wrong_bytes(&gcm, sealed, sealed_length, sealed, sealed_length) +
            wrong_bytes(&gcm, key, sizeof key, sealed, sealed_length) +
            wrong_bytes(&gcm, nonce, sizeof nonce, sealed, sealed_length) +
            wrong_bytes(&gcm, bound, gcm.bound_length, sealed, sealed_length);
    tap_is_int(wrong, 0, "GCM denies case %d with any byte changed, and returns nothing", vector);
    for (size_t cut = 0; cut < sealed_length; cut++)
        wrong += luci_gcm_decrypt(&gcm, sealed, cut, out) != LUCI_DENIED;
    tap_is_int(wrong, 0, "GCM denies case %d when it is cut off anywhere", vector);
}

int main(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        check_vector(i);
    return tap_done();
}
