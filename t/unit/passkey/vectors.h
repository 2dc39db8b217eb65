/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations and assertions that others have recorded, as facts: the test vectors of Web Authentication
 * Level 3 (W3C, section 16), and what real authenticators answered, as in the tests of Duo Security's
 * py_webauthn, and of Yubico's libfido2 (regress/assert.c, regress/cred.c, fuzz/wiredata_fido2.h) and
 * python-fido2 (tests/test_attestation.py, tests/test_cose.py). The tests of Yubico have the hash of the
 * client data alone: those of a registration, which nothing signs, were made for this file. All bytes are
 * base64url. */
#ifndef LUCI_PASSKEY_VECTORS_H
#define LUCI_PASSKEY_VECTORS_H

#include "core/passkey/passkey_fault.h"

#include <stddef.h>

typedef struct {
    const char *what;
    const char *party;
    const char *origin;
    const char *id;
    const char *created_for; /* the challenge of the registration; NULL: there is none */
    const char *created;     /* client data */
    const char *registered;  /* authenticator data */
    luci_passkey_fault_t registration_fault;
    const char *key;        /* COSE_Key, for the assertion */
    const char *wanted_for; /* the challenge of the assertion; NULL: there is none */
    const char *wanted;     /* client data */
    const char *asserted;   /* authenticator data */
    const char *signature;
    const char *user_handle;
    luci_passkey_fault_t assertion_fault;
} passkey_vector_t;

static const passkey_vector_t passkey_vectors[] = {
    { "W3C: ES256 Credential with No Attestation", "example.org", "https://example.org",
      "-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q", "AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQU1NUHQ0VXh4R1RTdG5jZHE0MTdZRHdCRmk4dnBJYS1w"
      "dzhvT3VWVzRUQSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogQmtRZURqZGNUQnJYQmlBd0pUTEU1USJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVZAAAAAIRGzLmrHbN0dQsjZ_9vOh8AIPkfOR20ybL94OpwGJy6P7Y_"
      "V5umEiszrZT_PsMwCEvkpQECAyYgASFYIK_voW-XypstI-uGzLZAmNINuQhWBi6yScM6m2cvJt9hIlggkwpWuHovymYzSwNF"
      "ir-HlxfBLMaO1zKQry4mZHlrkiA",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIK_voW-XypstI-uGzLZAmNINuQhWBi6yScM6m2cvJt9hIlggkwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4m"
      "ZHlrkiA",
      "OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiT2NEblVoUVh1bFRVUG8zSlVYVDBJOTdwdnp6WUJQOXRaY2hY"
      "eWF2MDFBZyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUZAAAAAA",
      "MEYCIQD1Ck4uRAkknEqFO6NhKC8JhB303UVHoTqHeAIY3v_NOAIhAISArA8Lk1OBdPV1vxGh3V14xuSGAT-TcpXqE2U-Mx6H",
      NULL, LUCI_PASSKEY_FAULT_NONE },
    { "W3C: ES256 Credential with Self Attestation", "example.org", "https://example.org",
      "RV7zTiBDqH2z1K_rObvLbMMt-TR8eJqGXs3KEpy-9Yw", "eGnCt3LUtY66k3jPjynibPk1qnffDaifqZwL3Ap29-U",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZUduQ3QzTFV0WTY2azNqUGp5bmliUGsxcW5mZkRhaWZx"
      "WndMM0FwMjktVSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogVTloVFh2S0UyVVJrTW5iXzB4WUhWZyJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVdAAAAAN-FDgnbavvfq1Fpd5FQbPwAIEVe804gQ6h9s9Sv6zm7y2zD"
      "Lfk0fHiahl7NyhKcvvWMpQECAyYgASFYIOsVHIF2siXMZRVZ_s8Hr0UP2FgCBGZWs0wY9s8ZOEPFIlggknuKpCeivhuINNIz"
      "otNPYfE7_UQRnDJdWJbhg_7khPI",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIOsVHIF2siXMZRVZ_s8Hr0UP2FgCBGZWs0wY9s8ZOEPFIlggknuKpCeivhuINNIzotNPYfE7_UQRnDJdWJbh"
      "g_7khPI",
      "RHihCxNSNI3RYME1Ow1Gm12xnrkcJ_ffpv7Tn-Jq8gs",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiUkhpaEN4TlNOSTNSWU1FMU93MUdtMTJ4bnJrY0pfZmZwdjdU"
      "bi1KcThncyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0YSI6"
      "ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1"
      "Y2ggYXMgdGhpczogZ1RiNTNyejZFaFNXb21YR3ppbUMxUSJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUJAAAAAA",
      "MEQCIDMQuUMZA8QB8b4r3I0jpAB2gtu93PhGmUlHt_Rl2vhAAiBOlN0ABHsxYGGzuZdyt-_ZWZSoPvWEs7a4Jeo1UCUbZg", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "W3C: ES256 Credential with 'crossOrigin': true in clientDataJSON", "example.org",
      "https://example.org", "bhBQwNLKLwfHVcssZqdMZPpDBlwY-Tg1TZkV2yvVzlc",
      "O-WqzQNTcUJHI0CrWWnyQPHYdxbiC2gHrCMGVfpLO0k",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiTy1XcXpRTlRjVUpISTBDcldXbnlRUEhZZHhiaUMyZ0hy"
      "Q01HVmZwTE8wayIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6dHJ1ZSwiZXh0cmFEYXRh"
      "IjoiY2xpZW50RGF0YUpTT04gbWF5IGJlIGV4dGVuZGVkIHdpdGggYWRkaXRpb25hbCBmaWVsZHMgaW4gdGhlIGZ1dHVyZSwg"
      "c3VjaCBhcyB0aGlzOiB6WnF1RXREUjlEV3FwVzV0QldURnVnIn0",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVFAAAAAIg_T2AU8ZwJ2HqjgSO-SNAAIG4QUMDSyi8Hx1XLLGanTGT6"
      "QwZcGPk4NU2ZFdsr1c5XpQECAyYgASFYICIgCkc_kLEQeIUVUNA7TkSiJ5-MTsonsxU97f4D5Ol9Ilggy9C-ledGrW9agZG-"
      "EXVuTAQg5y9ltGbTm8VrixI6nG4",
      LUCI_PASSKEY_FAULT_CROSS_ORIGIN,
      "pQECAyYgASFYICIgCkc_kLEQeIUVUNA7TkSiJ5-MTsonsxU97f4D5Ol9Ilggy9C-ledGrW9agZG-EXVuTAQg5y9ltGbTm8Vr"
      "ixI6nG4",
      "h2qlF7qD_e5l_P_bykyE7q5dVPgEGh_IXJkeW7snMTc",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiaDJxbEY3cURfZTVsX1BfYnlreUU3cTVkVlBnRUdoX0lYSmtl"
      "Vzdzbk1UYyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6dHJ1ZSwiZXh0cmFEYXRhIjoi"
      "Y2xpZW50RGF0YUpTT04gbWF5IGJlIGV4dGVuZGVkIHdpdGggYWRkaXRpb25hbCBmaWVsZHMgaW4gdGhlIGZ1dHVyZSwgc3Vj"
      "aCBhcyB0aGlzOiA5MnBjVFZEMEFieS1xNGR0bWo2ZWZnIn0",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUFAAAAAA",
      "MEYCIQDrEvzyOxJ2TA8SLiI3H6uS4oOHn9eY847hhByVG25A5wIhAMdiN_-dt3s8VvMIN82moJrPoukVVE5gnAczsRhANtHP",
      NULL, LUCI_PASSKEY_FAULT_CROSS_ORIGIN },
    { "W3C: ES256 Credential with 'topOrigin' in clientDataJSON", "example.org", "https://example.org",
      "uK1ZuZYEerGOLOtXIGw2LaV0WHk0gfSo6_EBx8p8wPE", "Th9MYZhpnjPBTxkhU_Sdfg6ONXfVrEFsXzrckqQfJ-U",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiVGg5TVlaaHBualBCVHhraFVfU2RmZzZPTlhmVnJFRnNY"
      "enJja3FRZkotVSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6dHJ1ZSwidG9wT3JpZ2lu"
      "IjoiaHR0cHM6Ly9leGFtcGxlLmNvbSJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVBAAAAAJdYb9CXmadkAcIARVCZ7yoAILitWbmWBHqxjizrVyBsNi2l"
      "dFh5NIH0qOvxAcfKfMDxpQECAyYgASFYIKHEfB2C2k6-gs1yIHECs4BnBwGZO8NTmK4uVyZCf-AdIlgghsEIDYKYcCjH9U7L"
      "GwEYXeJDs1kpSg7SEM1HSA8K3Ig",
      LUCI_PASSKEY_FAULT_CROSS_ORIGIN,
      "pQECAyYgASFYIKHEfB2C2k6-gs1yIHECs4BnBwGZO8NTmK4uVyZCf-AdIlgghsEIDYKYcCjH9U7LGwEYXeJDs1kpSg7SEM1H"
      "SA8K3Ig",
      "1UpcjKS2Ko47syHjsrxzhW-FoQFQ2yk5rBlXOeseoGY",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiMVVwY2pLUzJLbzQ3c3lIanNyeHpoVy1Gb1FGUTJ5azVyQmxY"
      "T2VzZW9HWSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6dHJ1ZSwidG9wT3JpZ2luIjoi"
      "aHR0cHM6Ly9leGFtcGxlLmNvbSIsImV4dHJhRGF0YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFk"
      "ZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1Y2ggYXMgdGhpczogVWlGb0pNVlJRSERBRldGaTR2eFVwUSJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUFAAAAAA",
      "MEUCIQC1pwyBeA1fzJpPKunKrpkFj4rMr1i5H7WTKWRsKKxv_AIgEuEBwWXbPI6ZV_DFTdbKm1a8O9LygL0vqmwdAsblwXE", NULL,
      LUCI_PASSKEY_FAULT_CROSS_ORIGIN },
    { "W3C: ES256 Credential with very long credential ID", "example.org", "https://example.org",
      "OnYaThZ0rWxDBYaUNcDu6cKGFywim7kbSLStoUDAhjQXAxMFzOW0onqI1_5yil9aYn3ncbS0Dnfxh5gMEk-f6DLXE2AQQ2oF"
      "bM5xZoBYfSMYfPH8LGKuhvw-UI7pYX_8dPvBBIjsFuxekJYyhmmomHCbZV5UlzjGZsGuYoHcO19zPCUdPu-3bucKOAXKkbzB"
      "jknI3H9j68tIa6jD1qtSuI_3LGpbtHwy8-6Gg6PdyKv2CHBEjsiiG1vcsYPH3q2HAlVXWm35brG2oqEBl4DLqeSIexf_EWS7"
      "vMEOsNhu11mEzT-jQZEDAkUH39nOj5LFaveRTLC7ULh7qCoxK7fc2TAo29zWrbJml5ZnFYM1Fx42gtN3VXAe2_nYcoRqKR1J"
      "5X7wnaHsY39QUu0qp0B_fmGCdGjpS0YYRPTGe-X6nGBVpWb4_fwp1L94qf8nX1UsxoulQ_o5Yu6jb9HqhFN2RXfQIdChge_B"
      "9hAKsuQRADniHuFpcL2nQythNEkhVa_BJilbOi7M0Sxmpo40CWnplePoycR245XPwhIDQUEQd5R08cl5dAZjfb5BTxMlGdO_"
      "DOTwFzTvDhoSw61gT_FddmsWJNtqWnzL_3vDXJkI35Sronfgr0jwT_PRY4HEflo37TmIpno7HsqpJjNrMzkf_wQSj4aZkcn6"
      "vZBbb-PO71-LYw7BxdJjbVsZYa1cpQBBcPb15IJ5Kq2YmwKH_pHlxHlAM5cVLx-laqebFW60fmyOo-sXXDTPs4rY53KHRjmx"
      "Aj1NATlclOVYMWccwCKqb6HgKgLC5KvHdvaWDlH4O3GowPIHtqNHVzl3gSyapUgLABGqc5vUt2wYwADMR1fM7MuSDwB8QMAO"
      "N-WrIUds2fYFSo__tVoQj1xwbizqIEnYH9Mh_0fSpXYbCACVWrHU9IifVahOJgHGhPF6St50U-pJWR0LWcjZp2UFL2IhnPbv"
      "Sl3ZU58GF9brvrznwABFVHXRhEniXEnvmh4-_hjAkILr4gWNfDR976qS8GZFU7gFx9drv85fMwrKIgrJCniTgPxHnqDYeTIF"
      "gTzKWQqRL2ma1S-ZGhvApQPD7EsqaWcZ48JlkahxJ_cwXMfnL0yOOTVeuwalsQQpkPOHEO56phLuQ3S7guh4WFpwqWwqa0fx"
      "AaT_FUvk_XajFnV3pcxU2RZ8FUxprDVIXkTMiYtxnhvjzJwPtWJLj4oNrhCUekG_hItsG7M9EAbsB31-KG4_KntIQ3FjkBGU"
      "Sf4nIegaXtIzPTMccSB2XaWPra5zwZ2ajEUJz4rB6dmLeZpSdFCQaXObWCPz-0lmY4IAM0JpiO78pT5YDg-eDf4JkvwuU6l-"
      "BTY5-YV3BY-ZW9vUHO_b",
      "ERPHJlzPXmUSQoL6HXgZp6FMuFOapM2-x0h-XzXY7Gw",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiRVJQSEpselBYbVVTUW9MNkhYZ1pwNkZNdUZPYXBNMi14"
      "MGgtWHpYWTdHdyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVJAAAAAI8zYMLNGwrBT_4HlcXSY44D_zp2Gk4WdK1sQwWGlDXA7unC"
      "hhcsIpu5G0i0raFAwIY0FwMTBczltKJ6iNf-copfWmJ953G0tA538YeYDBJPn-gy1xNgEENqBWzOcWaAWH0jGHzx_Cxirob8"
      "PlCO6WF__HT7wQSI7BbsXpCWMoZpqJhwm2VeVJc4xmbBrmKB3DtfczwlHT7vt27nCjgFypG8wY5JyNx_Y-vLSGuow9arUriP"
      "9yxqW7R8MvPuhoOj3cir9ghwRI7Iohtb3LGDx96thwJVV1pt-W6xtqKhAZeAy6nkiHsX_xFku7zBDrDYbtdZhM0_o0GRAwJF"
      "B9_Zzo-SxWr3kUywu1C4e6gqMSu33NkwKNvc1q2yZpeWZxWDNRceNoLTd1VwHtv52HKEaikdSeV-8J2h7GN_UFLtKqdAf35h"
      "gnRo6UtGGET0xnvl-pxgVaVm-P38KdS_eKn_J19VLMaLpUP6OWLuo2_R6oRTdkV30CHQoYHvwfYQCrLkEQA54h7haXC9p0Mr"
      "YTRJIVWvwSYpWzouzNEsZqaONAlp6ZXj6MnEduOVz8ISA0FBEHeUdPHJeXQGY32-QU8TJRnTvwzk8Bc07w4aEsOtYE_xXXZr"
      "FiTbalp8y_97w1yZCN-Uq6J34K9I8E_z0WOBxH5aN-05iKZ6Ox7KqSYzazM5H_8EEo-GmZHJ-r2QW2_jzu9fi2MOwcXSY21b"
      "GWGtXKUAQXD29eSCeSqtmJsCh_6R5cR5QDOXFS8fpWqnmxVutH5sjqPrF1w0z7OK2Odyh0Y5sQI9TQE5XJTlWDFnHMAiqm-h"
      "4CoCwuSrx3b2lg5R-DtxqMDyB7ajR1c5d4EsmqVICwARqnOb1LdsGMAAzEdXzOzLkg8AfEDADjflqyFHbNn2BUqP_7VaEI9c"
      "cG4s6iBJ2B_TIf9H0qV2GwgAlVqx1PSIn1WoTiYBxoTxekredFPqSVkdC1nI2adlBS9iIZz270pd2VOfBhfW676858AARVR1"
      "0YRJ4lxJ75oePv4YwJCC6-IFjXw0fe-qkvBmRVO4BcfXa7_OXzMKyiIKyQp4k4D8R56g2HkyBYE8ylkKkS9pmtUvmRobwKUD"
      "w-xLKmlnGePCZZGocSf3MFzH5y9Mjjk1XrsGpbEEKZDzhxDueqYS7kN0u4LoeFhacKlsKmtH8QGk_xVL5P12oxZ1d6XMVNkW"
      "fBVMaaw1SF5EzImLcZ4b48ycD7ViS4-KDa4QlHpBv4SLbBuzPRAG7Ad9fihuPyp7SENxY5ARlEn-JyHoGl7SMz0zHHEgdl2l"
      "j62uc8GdmoxFCc-KwenZi3maUnRQkGlzm1gj8_tJZmOCADNCaYju_KU-WA4Png3-CZL8LlOpfgU2OfmFdwWPmVvb1Bzv26UB"
      "AgMmIAEhWCA7gXa3UESJzFkwRteYirt5BadC3mrCzcdIqHPGY-kMsSJYIBQ21e3Jp18jmZ7vnVlQpcJFVRTuEBQIRyD4QaBr"
      "gooR",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIDuBdrdQRInMWTBG15iKu3kFp0LeasLNx0ioc8Zj6QyxIlggFDbV7cmnXyOZnu-dWVClwkVVFO4QFAhHIPhB"
      "oGuCihE",
      "7x3rpW3OSPZ0pEfM9juVmSWM6HZI5cOW8u8ModpGDjs",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiN3gzcnBXM09TUFowcEVmTTlqdVZtU1dNNkhaSTVjT1c4dThN"
      "b2RwR0RqcyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUNAAAAAA",
      "MEUCID7O-D-xKgyueEEFX5-HEDqZ_RS0JBlLvwbEYj0-5uP9AiEA0qzjRtsmKxN0prcPqlH1GKQt3KE6QSXOb1BSp1usn7Y", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Packed Attestation with ES256 Credential", "example.org", "https://example.org",
      "yab1s0YtAoc_6gxWhiI0-Z8IFygITlEbt3YCAaiQVKU", "wRhKX934BF4T3Ef1S2H1pla2ZrWQGPFthw6SVumVIBI",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoid1JoS1g5MzRCRjRUM0VmMVMySDFwbGEyWnJXUUdQRnRo"
      "dzZTVnVtVklCSSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogOWE4Yk5ZaktDZ1dyQlhVLWZDbDFhZyJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVNAAAAAIdspPUgccPpslUJ7yzfftYAIMmm9bNGLQKHP-oMVoYiNPmf"
      "CBcoCE5RG7d2AgGokFSlpQECAyYgASFYIBzyfyXaWRIIpCOcLjJPEE9YVSVHmint7t2DD0jneurlIlggWeS32mwBBuIGzjkM"
      "k6uYoVpew4h-V_DMK-zoA7kgxCM",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIBzyfyXaWRIIpCOcLjJPEE9YVSVHmint7t2DD0jneurlIlggWeS32mwBBuIGzjkMk6uYoVpew4h-V_DMK-zo"
      "A7kgxCM",
      "sRBvpGpXvvF4FRHAVX3ImKA0E9Xw8X0kRjDBlMfhrbU",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoic1JCdnBHcFh2dkY0RlJIQVZYM0ltS0EwRTlYdzhYMGtSakRC"
      "bE1maHJiVSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0YSI6"
      "ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1"
      "Y2ggYXMgdGhpczogQVpNd3lNeEliRDgtdWd1Rk5wNnI4USJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUNAAAAAA",
      "MEUCIGlJadPuko3m8C7yOpxkTX13mRZFFzSpS0MlQvSYoevpAiEAiwgZyCQhipcVLNCZxVv7FHeynZAKSaZAGDFPm_zNoWM", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Packed Attestation with ES384 Credential", "example.org", "https://example.org",
      "lTri3Z8osaHVgCyD4fZYM7uXaaCN6C2BK8J8E_xvBqk", "VnsDCz4Ya8HRad1Ft5-eDYbx_WNHTaPq3lvbjbN5oMM",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiVm5zREN6NFlhOEhSYWQxRnQ1LWVEWWJ4X1dOSFRhUHEz"
      "bHZiamJONW9NTSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVZAAAAAOlQ3No72uHQh82jgKiXhIsAIJU64t2fKLGh1YAsg-H2WDO7"
      "l2mgjegtgSvCfBP8bwappQECAzgiIAIhWDBIZr2LAdp4np64BuXqsFrlpjhUIparBXovG7zptY-KCLkXE5C1ijesf__CxfRY"
      "V9oiWDAqCwJMf0tyByoflr0wpyYarpVx3TmHDrKeVcCUHGsI6JYpoeoSFqpkzlfCgHvzkBo",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Packed Attestation with ES512 Credential", "example.org", "https://example.org",
      "0X1a9-PzfFZiKmfIRiyeHGM238y4th01ncRzeNuljOQ",
      "TuIgzZKwfhFFHLTCAcV1W9h5hI5JKpsS15E1xidk3C_Sjq1ICMr-WtHej6ngjUqO6v6k37Mzh3sCvFA_R107DBOUp2g7qvTy"
      "R3gp97jPdQlImFVYdIwHMGg5b8_c0_JFvyA45rs411MnaKrRO-jBGPcnci50JhOQQenKylA4hMU",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiVHVJZ3paS3dmaEZGSExUQ0FjVjFXOWg1aEk1Sktwc1Mx"
      "NUUxeGlkazNDX1NqcTFJQ01yLVd0SGVqNm5nalVxTzZ2NmszN016aDNzQ3ZGQV9SMTA3REJPVXAyZzdxdlR5UjNncDk3alBk"
      "UWxJbUZWWWRJd0hNR2c1YjhfYzBfSkZ2eUE0NXJzNDExTW5hS3JSTy1qQkdQY25jaTUwSmhPUVFlbkt5bEE0aE1VIiwib3Jp"
      "Z2luIjoiaHR0cHM6Ly9leGFtcGxlLm9yZyIsImNyb3NzT3JpZ2luIjpmYWxzZSwiZXh0cmFEYXRhIjoiY2xpZW50RGF0YUpT"
      "T04gbWF5IGJlIGV4dGVuZGVkIHdpdGggYWRkaXRpb25hbCBmaWVsZHMgaW4gdGhlIGZ1dHVyZSwgc3VjaCBhcyB0aGlzOiBv"
      "M3FWak9MMnRUV200R3hreklfUWdnIn0",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVNAAAAADnYzmo89hAld1CDpzjlwlQAINF9Wvfj83xWYipnyEYsnhxj"
      "Nt_MuLYdNZ3Ec3jbpYzkpQECAzgjIAMhWEIAgyQKLDrSGj3Aptqj2LwFpG182YJboBCuKiJobC1tZj19X2eJh_sednVC5j3B"
      "l66RXiX47ihGUa8pBmkQoswIP1AiWEIBczffR6tczl1xbvjK_6l6MBJomx8ybqbEOhupWWxy9x8BIjkBQ1UrQr53K0w1_7lh"
      "Igx0O0hqYB6ky21UEvWweNM",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Packed Attestation with RS256 Credential", "example.org", "https://example.org",
      "mSoYrMg_Z1M2AMETiktMS9I23hNinPAl7RfLALALdN8", "vqjwdwAJvVfywN9v6p90Oifkthu-kjyGLHqtep_I5KY",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoidnFqd2R3QUp2VmZ5d045djZwOTBPaWZrdGh1LWtqeUdM"
      "SHF0ZXBfSTVLWSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVdAAAAAEKPiHgpi5hio2rYx1J7_vIAIJkqGKzIP2dTNgDBE4pLTEvS"
      "Nt4TYpzwJe0XywCwC3TfpAEDAzkBACBZAbQD____________________________________________________________"
      "________________________________________________________________________________________________"
      "________________________________________________________9_______________________________________"
      "________________________________________________________________________________________________"
      "__________________-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABIUMBAAE",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Packed Attestation with Ed25519 Credential", "example.org", "https://example.org",
      "zp-EDtllmVgM0UD7x7syMGM_UPYQQa_3Mwiuccqoor0", "qKv52r3GsN9jRms5vanoo0o04YUzelnxxXmZBnbTs70",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoicUt2NTJyM0dzTjlqUm1zNXZhbm9vMG8wNFlVemVsbnh4"
      "WG1aQm5iVHM3MCIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogQl9EVDVnN1pEXy05T1RMWVg1SXZFUSJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVBAAAAANWqM1gejKR44g_nE_XTL_IAIM6fhA7ZZZlYDNFA-8e7MjBj"
      "P1D2EEGv9zMIrnHKqKK9pAEBAycgBiFYIETgbd0zHDao3GZ7q1K8rmNIbJFqpeM55qzrqoSTS_gy",
      LUCI_PASSKEY_FAULT_NONE, "pAEBAycgBiFYIETgbd0zHDao3GZ7q1K8rmNIbJFqpeM55qzrqoSTS_gy",
      "iVlX4BxjOmmDSKLYoxpUt9sn6MHEOyCA15riGQJnv9I",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiaVZsWDRCeGpPbW1EU0tMWW94cFV0OXNuNk1IRU95Q0ExNXJp"
      "R1FKbnY5SSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUBAAAAAA",
      "9cWcfkbDT2-MwZcQHd-ZNPollfaOsZE6Y36EGeubpM_fxI-FOTvA1AsBHw1v7LCX1mB1JXEyI6DcDUU5k9rgCw", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Packed Attestation with Ed448 Credential", "example.org", "https://example.org",
      "Ik_N4yTmsHXt5VCYokud3OX1p8cdI3A-_VKKOPil8zw", "JXjQgBtaAFtUUeVAEheIywGUnhh7kdsT9YdVQD778zc",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiSlhqUWdCdGFBRnRVVWVWQUVoZUl5d0dVbmhoN2tkc1Q5"
      "WWRWUUQ3Nzh6YyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogQlFxQTNpZUhWU0hNVERNV3dHMmtLdyJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVZAAAAAEHJE67akl_gInMyLjTCrmcAICJPzeMk5rB17eVQmKJLndzl"
      "9afHHSNwPv1Sijj4pfM8pAEBAzg0IAchWDmAUe9PlGcLWr8X2i6VWLpuupTrhwQ2ORW01mbeKHrTKd6fHwdSEaumAtxuel5S"
      "sVqO4cmEqfiIc4A",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "W3C: TPM Attestation with ES256 Credential", "example.org", "https://example.org",
      "7Ce-x1IciUu7ghEF6jckyQ53DPH6NUFX7xjQ8Y94vqk", "z8gs3xzu6HYSCqiPA2TwkQGTRgz7l6MXsv4JBpT5opk",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiejhnczN4enU2SFlTQ3FpUEEyVHdrUUdUUmd6N2w2TVhz"
      "djRKQnBUNW9wayIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVNAAAAAEuSo3f8X2EHxMhcGQrb_ZkAIOwnvsdSHIlLu4IRBeo3JMkO"
      "dwzx-jVBV-8Y0PGPeL6ppQECAyYgASFYIEEgJpjJ2XU_tLs_J80J_muK_bdkOO4q5U18na3hDYZLIlgg2HNRFc2zMKY-odbk"
      "PVAA9L1W-ZvOg-4dczAfwnARbQc",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIEEgJpjJ2XU_tLs_J80J_muK_bdkOO4q5U18na3hDYZLIlgg2HNRFc2zMKY-odbkPVAA9L1W-ZvOg-4dczAf"
      "wnARbQc",
      "AAk7ZsIdW16J96BwghGJB-o-UC00OzFLjFpU1i2yAvs",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUFrN1pzSWRXMTZKOTZCd2doR0pCLW8tVUMwME96RkxqRnBV"
      "MWkyeUF2cyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUNAAAAAA",
      "MEUCIGDcdrFgfscWxuXrqNBWaV7WvEey49enKcNOdZ46tmqgAiEA0BCp6P3ctkxDnf3KYo3bM88kXVZ9FX2fZvlCYBvtmzg", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Android Key Attestation with ES256 Credential", "example.org", "https://example.org",
      "CkcpUZeItu2KLXcrSU4YYkTYx5jAUpYNvIwQyRUXZ5U", "PeHwtzZdzN4_8MvyXib_p7r_h-8QbID8hl3EAtmWAFA",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiUGVId3R6WmR6TjRfOE12eVhpYl9wN3JfaC04UWJJRDho"
      "bDNFQXRtV0FGQSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogVlYxY1F1UjJxTE1fYW1QZm9IekwwZyJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVdAAAAAK3pcF4c5whbiZpUDQIZm_gAIApHKVGXiLbtii13K0lOGGJE"
      "2MeYwFKWDbyMEMkVF2eVpQECAyYgASFYIJkWllcDbQiaKpghp9AGPTQfGkYTOJNZY276tfPL8azPIlgg3ZHFVUMXbqmbZEQG"
      "3R3WN3S2r2WsdZ4G_0CxyKsC32s",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIJkWllcDbQiaKpghp9AGPTQfGkYTOJNZY276tfPL8azPIlgg3ZHFVUMXbqmbZEQG3R3WN3S2r2WsdZ4G_0Cx"
      "yKsC32s",
      "5O4Fyp287XQRZUDyTtmtxiquhQdWBSKET_p-6hT3r4Y",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiNU80RnlwMjg3WFFSWlVEeVR0bXR4aXF1aFFkV0JTS0VUX3At"
      "NmhUM3I0WSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0YSI6"
      "ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1"
      "Y2ggYXMgdGhpczogcXhKeEItX3hncnd5TUw2MThkclNuQSJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUJAAAAAA",
      "MEUCIQCiteN9pDzrY1ZvbigXxsvvJhBz0Mrf0hP_Yim9M93qbAIgPXfrMgL8krm1u4Q-8ILHdm-MfyMZTJJwj_Lz0d52Wo8", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "W3C: Apple Anonymous Attestation with ES256 Credential", "example.org", "https://example.org",
      "nEpYhq-Sg9m-Pp7FWXje39zi47NlyrGTroUMFiOPr7g", "9_aIIThSAHd1AJz4wJb9qJ1guan7WlDdgd2YmK9aBgk",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiOV9hSUlUaFNBSGQxQUp6NHdKYjlxSjFndWFuN1dsRGRn"
      "ZDJZbUs5YUJnayIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0"
      "YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUs"
      "IHN1Y2ggYXMgdGhpczogVGpMUG5wT2FYUVVyRk5jYkgydFRaQSJ9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVJAAAAAHSCEKIAdmFqczshFDNvw4QAIJxKWIavkoPZvj6exVl43t_c"
      "4uOzZcqxk66FDBYjj6-4pQECAyYgASFYIIo9WxtMVDpwa_bksAr-2zyTC2kN0oaTT-KRH3ecx3YaIlgg9yjhqjsP9maSGS2q"
      "d2uD3fjjNA0tmg6r38Mk6z4vE2w",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIIo9WxtMVDpwa_bksAr-2zyTC2kN0oaTT-KRH3ecx3YaIlgg9yjhqjsP9maSGS2qd2uD3fjjNA0tmg6r38Mk"
      "6z4vE2w",
      "0-spZGQeJv7QI0A6ct3gk7GcS6kAjD-d2D_P00embQU",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiMC1zcFpHUWVKdjdRSTBBNmN0M2drN0djUzZrQWpELWQyRF9Q"
      "MDBlbWJRVSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUJAAAAAA",
      "MEYCIQDuNdt5XOKAROH4Ix1os9eamIL3QVqjXBtax00kJRBzyAIhANzGVpFlCkEtDO74Q3EMCYJ6zybHhFvdrAfuyVhj5_xM",
      NULL, LUCI_PASSKEY_FAULT_NONE },
    { "W3C: FIDO U2F Attestation with ES256 Credential", "example.org", "https://example.org",
      "pLpuLSz-xDZI19JcXtVlm8GPK3gVOFJ-vUkt4DJWvfQ", "4HQ3KZC5yqUHoiffxnsAN4DEUyU4DRqQwg-B7X0IDAY",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiNEhRM0taQzV5cVVIb2lmZnhuc0FONERFVXlVNERScVF3"
      "Zy1CN1gwSURBWSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVBAAAAAK-zwu_AVN9CUBPVyI55w8EAIKS6bi0s_sQ2SNfSXF7VZZvB"
      "jyt4FThSfr1JLeAyVr30pQECAyYgASFYILDWLeazD4bwusepAWlRORwuMYSeLmRmHL0rE819VQitIlggUDsL2io1eppLNEda"
      "KOZbZgtImKnj6bvwgg1DSUKX7dA",
      LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYILDWLeazD4bwusepAWlRORwuMYSeLmRmHL0rE819VQitIlggUDsL2io1eppLNEdaKOZbZgtImKnj6bvwgg1D"
      "SUKX7dA",
      "-QxhKYHYT1mUON4aUA92km6SzIS--OAsbiNVPwBIVDU",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiLVF4aEtZSFlUMW1VT040YVVBOTJrbTZTeklTLS1PQXNiaU5W"
      "UHdCSVZEVSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUBAAAAAA",
      "MEQCIGFyRZlY_qkHtykrkvVVA0v9iEiV8oenYgDBuihyORNwAiBHJ7FmFH4mohu8KSHRkuv-1Wm3lDhTjlwSi14o5pJt1w", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "a security key with ES256", "localhost", "http://localhost:5000",
      "EDx9FfAbp4obx6oll2oC4-CZuDidRVV4gZhxC529ytlnqHyqCStDUwfNdm1SNHAe3X5KvueWQdAX3x9R1a2b9Q", NULL, NULL,
      NULL, LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIIeDTe-gN8A-zQclHoRnGFWN8ehM1b7yAsa8I8KIvmplIlgg4nFGT5px8o6gpPZZhO01wdy9crDSA_Ngtkx0"
      "vGpvPHI",
      "xi30GPGAFYRxVDpY1sM10DaLzVQG66nv-_7RUazH0vI2YvG8LYgDEnvN5fZZNVuvEDuMi9te3VLqb42N0fkLGA",
      "eyJjaGFsbGVuZ2UiOiJ4aTMwR1BHQUZZUnhWRHBZMXNNMTBEYUx6VlFHNjZudi1fN1JVYXpIMHZJMll2RzhMWWdERW52TjVm"
      "WlpOVnV2RUR1TWk5dGUzVkxxYjQyTjBma0xHQSIsImNsaWVudEV4dGVuc2lvbnMiOnt9LCJoYXNoQWxnb3JpdGhtIjoiU0hB"
      "LTI1NiIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6NTAwMCIsInR5cGUiOiJ3ZWJhdXRobi5nZXQifQ",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MBAAAATg",
      "MEUCIGisVZOBapCWbnJJvjelIzwpixxIwkjCCb5aCHafQu68AiEA88v-2pJNNApPFwAKFiNuf82-2hBxYW5kGwVweeoxCwo", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "Windows Hello with RS256", "localhost", "http://localhost:5000",
      "ZoIKP1JQvKdrYj1bTUPJ2eTUsbLeFkv-X5xJQNr4k6s", NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE,
      "pAEDAzkBACBZAQDfV20epzvQP-HtcdDpX-cGzdOxy73WQEvsU7Dnr9UWJophEfpngouvgnRLXaEUn_d8HGkp_HIx8rrpkx4B"
      "Vs6X_B6ZjhLlezjIdJbLbVeb92BaEsmNn1HW2N9Xj2QM8cH-yx28_vCjf82ahQ9gyAr552Bn96G22n8jqFRQKdVpO-f-bvpv"
      "aP3IQ9F5LCX7CUaxptgbog1SFO6FI6ob5SlVVB00lVXsaYg8cIDZxCkkENkGiFPgwEaZ7995SCbiyCpUJbMqToLMgojPkAhW"
      "eyktu7TlK6UBWdJMHc3FPAIs0lH_2_2hKS-mGI1uZAFVAfW1X-mzKL0czUm2P1UlUox7IUMBAAE",
      "iPmAi1Pp1XL6oAgq3PWZtZPnZa1zFUDoGbaQ0_KvVG1lF2s3Rt_3o4uSzccy0tmcTIpTTT4BU1T-I4maavndjQ",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiaVBtQWkxUHAxWEw2b0FncTNQV1p0WlBuWmExekZVRG9HYmFR"
      "MF9LdlZHMWxGMnMzUnRfM280dVN6Y2N5MHRtY1RJcFRUVDRCVTFULUk0bWFhdm5kalEiLCJvcmlnaW4iOiJodHRwOi8vbG9j"
      "YWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ",
      "iOHKX3erU5_OYP_r_9HLZ-CexCE4bQRrxM8WmuoKTDdhAnZSeTP0sjECjvjfeS8MJzN1ArmvV0H0C3yy_FdRFfcpUPZzdZ7b"
      "BcmPh1XPdxRwY747OrIzcTLTFQUPdn1U-izCZtP_78VGw9pCpdMsv4CUzZdJbEcRtQuRS03qUjqDaovoJhOqEBmxJn9Wu8tB"
      "i_Qx7A33RbYjlfyLm_EDqimzDZhyietyop6XUcpKarKqVH0M6mMrM5zTjp8xf3W7odFCadXEJg-ERZqFM0-9Uup6kJNLbr6C"
      "5J4NDYmSm3HCSA6lp2iEiMPKU8Ii7QZ61kybXLxsX4w4Dm3fOLjmDw",
      "T1RWa1l6VXdPRFV0WW1NNVlTMDBOVEkxTFRnd056Z3RabVZpWVdZNFpEVm1ZMk5p", LUCI_PASSKEY_FAULT_NONE },
    { "the key of another credential", "localhost", "http://localhost:5000",
      "FviUBZA3FGMxEm3A1K2T8MhuEBLp4qQsV9ScAKYrpdw2kbGnqx24tF4ev6PEHEYC3g8z6HMJh7dYHe3Uuq7_8Q", NULL, NULL,
      NULL, LUCI_PASSKEY_FAULT_NONE,
      "pAEDAzkBACBZAQDfV20epzvQP-HtcdDpX-cGzdOxy73WQEvsU7Dnr9UWJophEfpngouvgnRLXaEUn_d8HGkp_HIx8rrpkx4B"
      "Vs6X_B6ZjhLlezjIdJbLbVeb92BaEsmNn1HW2N9Xj2QM8cH-yx28_vCjf82ahQ9gyAr552Bn96G22n8jqFRQKdVpO-f-bvpv"
      "aP3IQ9F5LCX7CUaxptgbog1SFO6FI6ob5SlVVB00lVXsaYg8cIDZxCkkENkGiFPgwEaZ7995SCbiyCpUJbMqToLMgojPkAhW"
      "eyktu7TlK6UBWdJMHc3FPAIs0lH_2_2hKS-mGI1uZAFVAfW1X-mzKL0czUm2P1UlUox7IUMBAAE",
      "zsfiMZj16TUVCrT5tDRYXdYlUrJp7zn_UNd5NmBocPc4I2dKZbeEWpwBAwA4s6oHkVX6_ly_jgp743dyiWHYYw",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoienNmaU1aajE2VFVWQ3JUNXREUllYZFlsVXJKcDd6bl9VTmQ1"
      "Tm1Cb2NQYzRJMmRLWmJlRVdwd0JBd0E0czZvSGtWWDZfbHlfamdwNzQzZHlpV0hZWXciLCJvcmlnaW4iOiJodHRwOi8vbG9j"
      "YWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAJA",
      "MEQCIBX9B1LaLaQ0LYJsRv7cOyMS-Do1rJfFJoF9oO1tHMA4AiBRKdNneMKPlN53i8uoTZ5y9Gj4ORZySmiercS38655_g", NULL,
      LUCI_PASSKEY_FAULT_SIGNATURE },
    { "a security key with Ed25519", "localhost", "http://localhost:5000",
      "fq9Nj0nS24B5y6Pkw_h3-9GEAEA3-0LBPxE2zvTdLjDqtSeCSNYFe9VMRueSpAZxT3YDc6L1lWXdQNwI-sVNYrefEcRR1Nsb"
      "_0jpHE955WEtFud2xxZg3MvoLMxHLet63i5tajd1fHtP7I-00D6cehM8ZWlLp2T3s9lfZgVIFcA",
      NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE, "pAEBAycgBiFYIMz6_SUFLiDid2Yhlq0YboyJ-CDrIrNpkPUGmJp4D3Dp",
      "eZ4eeA3O4jy5FIzqDaSJ6JDNGu0bBc5zI1DjQ_kLso1WNqkG6k5mCYf1dtQhVUiBWZWlZkzR5MFeeWCpJRUNXw",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZVo0ZWVBM080ank1Rkl6cURhU0o2SkROR3UwYkJjNXpJMURq"
      "UV9rTHNvMVdOcWtHNms1bUNZZjFkdFFoVlVpQldaV2xaa3pSNU1GZWVXQ3BKUlVOWHciLCJvcmlnaW4iOiJodHRwOi8vbG9j"
      "YWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MBAAAABw",
      "RRWV8mYDRvK7YdQgdtZD4pJ2dh1D_IWZ_D6jsZo6FHJBoenbj0CVT5nA20vUzlRhN4R6dOEUHmUwP1F8eRBhBg", NULL,
      LUCI_PASSKEY_FAULT_NONE },
    { "a platform authenticator", "localhost", "http://localhost:5000",
      "AXmOjWWZH67pgl5_gAbKVBqoL2dyHHGEWZLspIsCwULG0hZ3HyuGgvkaRcSOLq9W72XtegcvFYXIdlafrilbtVnx2Q14gNbf"
      "SQQP2sgNEAif4MjHtGpeVB0BfFawCs85Y3XY_j4sxthVnyTY_Q",
      NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE,
      "pQECAyYgASFYIFm1Py-FzzFOuwXbRbTr95SiDxuB1BkZsEEJxFhquzqkIlggL1U1T713Jo_2muzhXvpbwRNdoAs8CYK6Pflv"
      "Y1MBdCI",
      "6zrSRX8CxwPSXEArXyXL2tpb6rB7Star0rLVIj5rvf74mZKF5ir715Xmgz5tA_GyHexN4oXfrQ889ArVCLaRdA",
      "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiNnpyU1JYOEN4d1BTWEVBclh5WEwydHBiNnJCN1N0YXIwckxW"
      "SWo1cnZmNzRtWktGNWlyNzE1WG1nejV0QV9HeUhleE40b1hmclE4ODlBclZDTGFSZEEiLCJvcmlnaW4iOiJodHRwOi8vbG9j"
      "YWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFYN-Mog",
      "MEUCIQDBqeI274exaKWGQz37g7yo1--TVcZSCcYVftZ1AnEJkQIgNw-nlx-_U9rVfFfER8oX6BlYZTuPFyGaL_wCDY23s0E",
      "TldNMFlqYzNOVFF0WW1NNE5DMDBaakprTFRrME9EVXROR05rTnpreVkyTTROVEUz", LUCI_PASSKEY_FAULT_NONE },
    { "a YubiKey without attestation", "localhost", "http://localhost:5000",
      "9y1xA8Tmg1FEmT-c7_fvWZ_uoTuoih3OvR45_oAK-cwHWhAbXrl2q62iLVTjiyEZ7O7n-CROOY494k7Q3xrs_w",
      "TwN7n4WTyGKLc4ZY-qGsFqKnHM4nglqsyV0ICJlN2TO9XiRyFtrkaDwUvsql-gkLJXP6fnF1MlrZ53Mm4R7Cvw",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiVHdON240V1R5R0tMYzRaWS1xR3NGcUtuSE00bmdscXN5"
      "VjBJQ0psTjJUTzlYaVJ5RnRya2FEd1V2c3FsLWdrTEpYUDZmbkYxTWxyWjUzTW00UjdDdnciLCJvcmlnaW4iOiJodHRwOi8v"
      "bG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAFwAAAAAAAAAAAAAAAAAAAAAAQPctcQPE5oNRRJk_nO_371mf"
      "7qE7qIodzr0eOf6ACvnMB1oQG165dqutoi1U44shGezu5_gkTjmOPeJO0N8a7P-lAQIDJiABIVggSFbUJF-42Ug3pdM8rDRF"
      "u_N5oiVEysPDB6n66r_7dZAiWCDUVnB39FlGypL-qAoIO9xWHtJygo2jfDmHl-_eKFRLDA",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "a platform authenticator", "localhost", "http://localhost:5000",
      "9y1xA8Tmg1FEmT-c7_fvWZ_uoTuoih3OvR45_oAK-cwHWhAbXrl2q62iLVTjiyEZ7O7n-CROOY494k7Q3xrs_w",
      "TwN7n4WTyGKLc4ZY-qGsFqKnHM4nglqsyV0ICJlN2TO9XiRyFtrkaDwUvsql-gkLJXP6fnF1MlrZ53Mm4R7Cvw",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiVHdON240V1R5R0tMYzRaWS1xR3NGcUtuSE00bmdscXN5"
      "VjBJQ0psTjJUTzlYaVJ5RnRya2FEd1V2c3FsLWdrTEpYUDZmbkYxTWxyWjUzTW00UjdDdnciLCJvcmlnaW4iOiJodHRwOi8v"
      "bG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAFwAAAAAAAAAAAAAAAAAAAAAAQPctcQPE5oNRRJk_nO_371mf"
      "7qE7qIodzr0eOf6ACvnMB1oQG165dqutoi1U44shGezu5_gkTjmOPeJO0N8a7P-lAQIDJiABIVggSFbUJF-42Ug3pdM8rDRF"
      "u_N5oiVEysPDB6n66r_7dZAiWCDUVnB39FlGypL-qAoIO9xWHtJygo2jfDmHl-_eKFRLDA",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "Android", "localhost", "http://localhost:8000",
      "AYNe4CBKc8H30FuAb8uaht6JbEQfbSBnS0SX7B6MFg8ofI92oR5lheRDJCgwY-JqB_QSJtezdhMbf8Wzt_La5N0",
      "t4LWI0iYJSTWPl9WXUdNhdHAnrPDLF9eWAP9lHgmHP8",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoidDRMV0kwaVlKU1RXUGw5V1hVZE5oZEhBbnJQRExGOWVX"
      "QVA5bEhnbUhQOCIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6ODAwMCIsImNyb3NzT3JpZ2luIjpmYWxzZX0",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAALk_2WHy5kYvsSKCACJH3ngAQQGDXuAgSnPB99BbgG_Lmobe"
      "iWxEH20gZ0tEl-wejBYPKHyPdqEeZYXkQyQoMGPiagf0EibXs3YTG3_Fs7fy2uTdpQECAyYgASFYINdWLf6f6sGys_cDg-P0"
      "_x7o82Hd410Lfw9oWIJnIxZ1IlggRUDo9sTr3zk9JQMNyeTcqeenJzron8cU67-B66qJa0A",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "Apple", "dev2.dontneeda.pw", "https://dev2.dontneeda.pw:5000", "0yhsKG_gCzynIgNbvXWkqJKL8Uc",
      "1nhqyMkfGAQL-tTcsfpuoyq8hqeoHr0d9tDmjv1BuJ97YTA3FLWS5EdY4qUg-Mzruc2siBdyVlnFIPB1g0Hh2A",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiMW5ocXlNa2ZHQVFMLXRUY3NmcHVveXE4aHFlb0hyMGQ5"
      "dERtanYxQnVKOTdZVEEzRkxXUzVFZFk0cVVnLU16cnVjMnNpQmR5VmxuRklQQjFnMEhoMkEiLCJvcmlnaW4iOiJodHRwczov"
      "L2RldjIuZG9udG5lZWRhLnB3OjUwMDAifQ",
      "j4egWb6MGZOBNHMhkQEPnuC76Ln1gHCw9Y-FDEziKMFFAAAAAPJKjnDQ0_gsKTcyUjzE3loAFNMobChv4As8pyIDW711pKiS"
      "i_FHpQECAyYgASFYINEksOn_gZJyPJ7i-k-BcNNz4DKGz4gK7scAihTN6mRyIlggSWPgW7jESp-YDe0SqoozeVz4HTHnQRbO"
      "1vH0xesMNY8",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "a YubiKey in Firefox (U2F)", "localhost", "http://localhost:5000",
      "lrjqbPdLbWXTJ2sFIreka9aWd2ED-SDx_VAgBAh4XmCJgjCjudEjoi42pGQd-_Bi6nNPQ3T7-xOEgty2I3m7cw",
      "ZJVNlmOrXwwgQkd1gDMly8BIiIMV4IQDDsCr6KPbCIHcOZ5waKHm-MZtuY748SCqg-NZVpRrYFyFrc36gQoFtw",
      "eyJjaGFsbGVuZ2UiOiJaSlZObG1Pclh3d2dRa2QxZ0RNbHk4QklpSU1WNElRRERzQ3I2S1BiQ0lIY09aNXdhS0htLU1adHVZ"
      "NzQ4U0NxZy1OWlZwUnJZRnlGcmMzNmdRb0Z0dyIsImNsaWVudEV4dGVuc2lvbnMiOnt9LCJoYXNoQWxnb3JpdGhtIjoiU0hB"
      "LTI1NiIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6NTAwMCIsInR5cGUiOiJ3ZWJhdXRobi5jcmVhdGUifQ",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NBAAAAAAAAAAAAAAAAAAAAAAAAAAAAQJa46mz3S21l0ydrBSK3pGvW"
      "lndhA_kg8f1QIAQIeF5giYIwo7nRI6IuNqRkHfvwYupzT0N0-_sThILctiN5u3OlAQIDJiABIVgg6UJlMKxp595pPk9uwOms"
      "MC-ByRutj5Y_B8_pS9CpbboiWCC8BSLuPIhAfDr-phAKrQsZ95kDqGhiBuHonYlsi0YNOQ",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "FIDO's conformance tools", "localhost", "http://localhost:5000",
      "2i53XtAuBVv2ztu9hdTkG_I4_zc-MhmYOjM2HWDCIlk",
      "c0WxorWwEToOxlbb5MsDZPWKdNiUhyOJL8s-MIcjI-Q5SFJOnoWe_q2ZhgYKHykv4PGw3L-_plgNBnKgww3dAw",
      "eyJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0OjUwMDAiLCJjaGFsbGVuZ2UiOiJjMFd4b3JXd0VUb094bGJiNU1zRFpQV0tk"
      "TmlVaHlPSkw4cy1NSWNqSS1RNVNGSk9ub1dlX3EyWmhnWUtIeWt2NFBHdzNMLV9wbGdOQm5LZ3d3M2RBdyIsInR5cGUiOiJ3"
      "ZWJhdXRobi5jcmVhdGUifQ",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NBAAAAAgAAAAAAAAAAAAAAAAAAAAAAINoud17QLgVb9s7bvYXU5Bvy"
      "OP83PjIZmDozNh1gwiJZpQECAyYgASFYIBYA_NW797hQjq48Nw3x0yLrHEJAO4IpL4xnROpbTT46IlggP-5z_nz88Kd9BOJC"
      "44eJ8jMh0NrXzyUfJQNIe0kNXXw",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "U2F with token binding", "duo.test", "https://api-duo1.duo.test",
      "jXFBv0gxr-DvGP58Oz3qfxMydiZM2RFlRoItoHyeAhdLNbmR7aPkzPVSKWO9VOZ4A2EEUQz8nsLtsP5EOqeNiQ",
      "B20LZQA6vmohW2pvCTi3ylUNGet856po",
      "eyJjaGFsbGVuZ2UiOiJCMjBMWlFBNnZtb2hXMnB2Q1RpM3lsVU5HZXQ4NTZwbyIsImhhc2hBbGdvcml0aG0iOiJTSEEtMjU2"
      "Iiwib3JpZ2luIjoiaHR0cHM6Ly9hcGktZHVvMS5kdW8udGVzdCIsInRva2VuQmluZGluZyI6InVudXNlZCIsInR5cGUiOiJ3"
      "ZWJhdXRobi5jcmVhdGUifQ",
      "S9g0BdCmFY8MAOBmLAvif-bk6CApzEpy2yGykh1NUpdBAAAAAAAAAAAAAAAAAAAAAAAAAAAAQI1xQb9IMa_g7xj-fDs96n8T"
      "MnYmTNkRZUaCLaB8ngIXSzW5ke2j5Mz1UiljvVTmeANhBFEM_J7C7bD-RDqnjYmlAQIDJiABIVgg9gTh43KIKL0bRbWGyacX"
      "LZ0XYC_hi_w8IdD43u8FCe8iWCAAr12qVUGzObxLq0JCONPeslOXV7-ggPj37VU4k4_i0w",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "a YubiKey in Firefox", "localhost", "http://localhost:5000",
      "syGQPDZRUYdb4m3rdWeyPaIMYlbmydGp1TP_33vE_lqJ3PHNyTd0iKsnKr5WjnCcBzcesZrDEfB_RBLFzU3k4w",
      "8LBCiOY3q1cBZHFAWtS4AZZChzGphy67lK7I70zKi4yC7pgrQ2Pch7nAjLk1wq9greshIAsW2AjibhXjjI0TmQ",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiOExCQ2lPWTNxMWNCWkhGQVd0UzRBWlpDaHpHcGh5Njds"
      "SzdJNzB6S2k0eUM3cGdyUTJQY2g3bkFqTGsxd3E5Z3Jlc2hJQXNXMkFqaWJoWGpqSTBUbVEiLCJvcmlnaW4iOiJodHRwOi8v"
      "bG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAANG1Eupv27C5JuTAMj-kgy3MAQLMhkDw2UVGHW-Jt63Vnsj2i"
      "DGJW5snRqdUz_997xP5aidzxzck3dIirJyq-Vo5wnAc3HrGawxHwf0QSxc1N5OOlAQIDJiABIVggQF_4tztw7wZ5Bqv7izZP"
      "z3gF-VsDvzCMQadJoV-i8O8iWCDlvtfhXIfNvTHFr0VGAB01mU8eSMnCkhhAi9VM1Giv_A",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "a security key with Ed25519", "localhost", "http://localhost:5000",
      "WlHiMqH6UhUs-d43z-aGlE3nsXuEOQpa9P9pwpqb4tmvtBMBfGvAV2wUrqBCDENjkkxd6kIRzZQKcluyOFlyW_vXVZSAEgod"
      "1xj-1QmFpuwyBVnlkQGefRbmUjbEt5iE4q3tdjy65EWIekO0SNjCQx3LxIJMzi25fgUkI9Y-gg0",
      "7JUBjWZFdFozulxb71DvHkh3P6WKUG4ElUo7wEkKic2JETJMAIKCf7rBE9YksI5oNjDzQ6Hqh6E73Oy6SPcMnw",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiN0pVQmpXWkZkRm96dWx4YjcxRHZIa2gzUDZXS1VHNEVs"
      "VW83d0VrS2ljMkpFVEpNQUlLQ2Y3ckJFOVlrc0k1b05qRHpRNkhxaDZFNzNPeTZTUGNNbnciLCJvcmlnaW4iOiJodHRwOi8v"
      "bG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NBAAAAAsXvVf-tmkuftYCt66_gJtAAgFpR4jKh-lIVLPneN8_mhpRN"
      "57F7hDkKWvT_acKam-LZr7QTAXxrwFdsFK6gQgxDY5JMXepCEc2UCnJbsjhZclv711WUgBIKHdcY_tUJhabsMgVZ5ZEBnn0W"
      "5lI2xLeYhOKt7XY8uuRFiHpDtEjYwkMdy8SCTM4tuX4FJCPWPoINpAEBAycgBiFYIJwf6FGQ0FNHrEZTT5oxDvemjA04LN-A"
      "_A799bQMIVGa",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "the TPM of a Surface Pro 4", "webauthntest.azurewebsites.net",
      "https://webauthntest.azurewebsites.net", "2O_TSbHXS3KJwx5uwajcqbKwWCBeHjOBCXXb7vrPfUU",
      "ZXlKaGJHY2lPaUpJVXpJMU5pSXNJblI1Y0NJNklrcFhWQ0o5LmV5SnBZWFFpT2pFMk1qTXlOVGt3TWpNc0ltVjRjQ0k2TVRZ"
      "eU16TTNPVEF5TXl3aWMzVmlJam9pZFhObGNtNWhiV1ZvWlhKbEluMC53amVIUjR4SnFGUS1SU0ZlX1dUVV9ORnhvN3dtQjBy"
      "czVHMnFpRF9nVDNn",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWlhsS2FHSkhZMmxQYVVwSlZYcEpNVTVwU1hOSmJsSTFZ"
      "ME5KTmtscmNGaFdRMG81TG1WNVNuQlpXRkZwVDJwRk1rMXFUWGxPVkd0M1RXcE5jMGx0VmpSalEwazJUVlJaZVUxNlRUTlBW"
      "RUY1VFhsM2FXTXpWbWxKYW05cFpGaE9iR050TldoaVYxWnZXbGhLYkVsdU1DNTNhbVZJVWpSNFNuRkdVUzFTVTBabFgxZFVW"
      "VjlPUm5odk4zZHRRakJ5Y3pWSE1uRnBSRjluVkRObiIsIm9yaWdpbiI6Imh0dHBzOi8vd2ViYXV0aG50ZXN0LmF6dXJld2Vi"
      "c2l0ZXMubmV0IiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
      "5FMp0DogaNHK9_e7CulU5rDmJZdF8y9IKfdQ8FAR-cJFAAAAAAiYcFjK3EuBtuEw3lDcvpYAINjv00mx10tyicMebsGo3Kmy"
      "sFggXh4zgQl12-76z31FpAEDAzkBACBZAQC00gwM-S0CrYvZMzdrGmNFkIUzADgIUzylOBVgLXvAYvVY3E-UhvYYFP_eAW4V"
      "z4js6H6Bw9O_Z4KJ5rt7_1f_I0khA7GK9paagKVYavgrmgFyJrxcrh1VLIbDcSdVa3PlSy8UU3cB-kWdgfxKV2KAYxvE88Mf"
      "ZJ8i_c5bOHrg6usYgdOPY6v6hI2EMFyPUxs-I1KxkdCm9iZS7sU2GFQlIqWiM2mWsKZ7gshAFLBUPE6y0s5aMl5nBtI3WFzY"
      "QFkBGskBj69kmJYGbnRFx4mIpabrVlXfqePgnmAspsIDxcV3CHZafAhL2USit0CyXkayoigOruSmqdPgSTFSO0HXIUMBAAE",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "the TPM of a Dell XPS 13", "webauthntest.azurewebsites.net", "https://webauthntest.azurewebsites.net",
      "56iW7RC7YLiknnNU70kO5Bb-jip9-WTUbohh_Aqq1q4",
      "ZXlKaGJHY2lPaUpJVXpJMU5pSXNJblI1Y0NJNklrcFhWQ0o5LmV5SnBZWFFpT2pFMk1qUTBOak00TVRrc0ltVjRjQ0k2TVRZ"
      "eU5EVTRNemd4T1N3aWMzVmlJam9pWW05aUluMC5RaHVrZ1k1dEwyZHM4dXdBcnRLUGFrSzdEanpkZm04OXlvU3g0Zl9DV09F",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWlhsS2FHSkhZMmxQYVVwSlZYcEpNVTVwU1hOSmJsSTFZ"
      "ME5KTmtscmNGaFdRMG81TG1WNVNuQlpXRkZwVDJwRk1rMXFVVEJPYWswMFRWUnJjMGx0VmpSalEwazJUVlJaZVU1RVZUUk5l"
      "bWQ0VDFOM2FXTXpWbWxKYW05cFdXMDVhVWx1TUM1UmFIVnJaMWsxZEV3eVpITTRkWGRCY25STFVHRnJTemRFYW5wa1ptMDRP"
      "WGx2VTNnMFpsOURWMDlGIiwib3JpZ2luIjoiaHR0cHM6Ly93ZWJhdXRobnRlc3QuYXp1cmV3ZWJzaXRlcy5uZXQiLCJjcm9z"
      "c09yaWdpbiI6ZmFsc2V9",
      "5FMp0DogaNHK9_e7CulU5rDmJZdF8y9IKfdQ8FAR-cJFAAAAAAiYcFjK3EuBtuEw3lDcvpYAIOeolu0Qu2C4pJ5zVO9JDuQW"
      "_o4qfflk1G6IYfwKqtaupAEDAzkBACBZAQDRSxMlctSC4GKQCo_WMxIB0z9PGnTf9hqR6qwgxPX3gCeMyMO1lKSZSn9XFynO"
      "VbkL_0cli4o9PNYsbSmMvzRib2Q-CSW9ifGtUGO-F6wb4q6uGFM9mrHnsuP3EePI39i3v3wbQ_nI-EWRnZmvwhFl0jbI2t94"
      "_ZHh2EtUSldKa6qdf04ix65ZyamDIkDZUrHUE6yTQmwq2JdWBvNMHYtrkMTfcDY4F0fmBfi3r_XrwItsvcVmacMHEa_Khjxu"
      "qDrm40jU9WktmIB8PYq-0fQJP3Fa9MWVp9NvpP9WKJkkJbEhWAcf4QWxExmRbzLznAiumcx7-tcJAz8K_uKVdqj1IUMBAAE",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "the TPM of a Lenovo X1 Carbon", "webauthntest.azurewebsites.net",
      "https://webauthntest.azurewebsites.net", "kU6oEC95fTXAtpI6b2w69fQrKGntFFt1l_2ySjmndYM",
      "ZXlKaGJHY2lPaUpJVXpJMU5pSXNJblI1Y0NJNklrcFhWQ0o5LmV5SnBZWFFpT2pFMk1qUTBOelUwTXpjc0ltVjRjQ0k2TVRZ"
      "eU5EVTVOVFF6Tnl3aWMzVmlJam9pY205c2JHbHVJbjAucnBZM2pUZUR0czA5TXNIbTJVbXltZzlZZHZvenc2clFPelF6MzVi"
      "bHlmNA",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWlhsS2FHSkhZMmxQYVVwSlZYcEpNVTVwU1hOSmJsSTFZ"
      "ME5KTmtscmNGaFdRMG81TG1WNVNuQlpXRkZwVDJwRk1rMXFVVEJPZWxVd1RYcGpjMGx0VmpSalEwazJUVlJaZVU1RVZUVk9W"
      "RkY2VG5sM2FXTXpWbWxKYW05cFkyMDVjMkpIYkhWSmJqQXVjbkJaTTJwVVpVUjBjekE1VFhOSWJUSlZiWGx0WnpsWlpIWnZl"
      "bmMyY2xGUGVsRjZNelZpYkhsbU5BIiwib3JpZ2luIjoiaHR0cHM6Ly93ZWJhdXRobnRlc3QuYXp1cmV3ZWJzaXRlcy5uZXQi"
      "LCJjcm9zc09yaWdpbiI6ZmFsc2UsIm90aGVyX2tleXNfY2FuX2JlX2FkZGVkX2hlcmUiOiJkbyBub3QgY29tcGFyZSBjbGll"
      "bnREYXRhSlNPTiBhZ2FpbnN0IGEgdGVtcGxhdGUuIFNlZSBodHRwczovL2dvby5nbC95YWJQZXgifQ",
      "5FMp0DogaNHK9_e7CulU5rDmJZdF8y9IKfdQ8FAR-cJFAAAAAJ3dGBevWkZyork-PdlQAKkAIJFOqBAveX01wLaSOm9sOvX0"
      "Kyhp7RRbdZf9sko5p3WDpAEDAzkBACBZAQDSx8GMC31CYGprKecBKWjvGW6VT1qPoLcmyLSyCt4CtkxiDLFrNEZIbAQX21vP"
      "EVN5FLkkHmDWIHHpYv0ntulRbs--mTC9AobVOZWLyE0dsa7O0XmvQ6dQJS73hTN1KwYN4ba4HSkS-oD-f6WYHg6U3mvSwjAe"
      "n5VSTip3zMfJiKi-9MWhO23ie0FfiOy5wuQngiEwLl-1yZ_839D21YTNkzJZSlFjG97GKWxoNfnIt-JRWKAQNCdsjYBpIBoc"
      "HcH1XA2P1Oc_1HkYvzW3mCbr8MlfOJ_MjlQyPMrevDQIavmH0JO1h9RafqhNif3yUqqqUFqDf7o_iCa09zDIJLdhIUMBAAE",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "a TPM with ES256", "webauthn.io", "https://webauthn.io", "hsS2ywFz_LWf9-lC35vC9uJTVD3ZCVdweZvESUbjXnQ",
      "uzn9u0Tx-LBdtGgERsbkHRBjiUt5i2rvm2BBTZrWqEo",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoidXpuOXUwVHgtTEJkdEdnRVJzYmtIUkJqaVV0NWkycnZt"
      "MkJCVFpyV3FFbyIsIm9yaWdpbiI6Imh0dHBzOi8vd2ViYXV0aG4uaW8iLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "dKbqkhPJnC90siSSsyDPQCYqlMGpUKA5fyklC2CEHvBFAAAAAAiYcFjK3EuBtuEw3lDcvpYAIIbEtssBc_y1n_fpQt-bwvbi"
      "U1Q92QlXcHmbxElG4150pQECAyYgASFYIB6TuDYLxN45FGgrG43sesnk6KdUa4fMSBg4PJSwX0PXIlgggXPPXn-Pm_4IF0c4"
      "XVaJjmHO3EB2KBwdg_L60N0IL9w",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "libfido2: a packed attestation", "localhost", "http://localhost",
      "GWqmpP-nHTjypoeY9_fAlVd42uy5c7e7l0AxDezBWyCEh66ot9CU1vwdN7-qMxI1KfUJdpEglELEUosYyuE9Eg",
      "eEJhuIgWz8lbqJpEoZyRpxtRr_kVMP2ZIbhGF2b8W7o",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZUVKaHVJZ1d6OGxicUpwRW9aeVJweHRScl9rVk1QMlpJ"
      "YmhHRjJiOFc3byIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NBAAAABPigEfOMCk0VgAYXER-e3H0AQBlqpqT_px048qaHmPf3wJVX"
      "eNrsuXO3u5dAMQ3swVsghIeuqLfQlNb8HTe_qjMSNSn1CXaRIJRCxFKLGMrhPRKlAQIDJiABIVgg-CguiBD-pNpQbO8tSA26"
      "ca-4dni4wzKADYwfurS_oKEiWCDDiA9-hwWYMiHzLa8jjAhJazBtilOKsu3H6N-KVPMPjQ",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "libfido2: a key with a member twice", "localhost", "http://localhost",
      "U_vfqs5j3sX-R-ZS6_NdU6i_ndYJa15_4A1RMIVq2mhwhbDbCAuDLO9E4jaI7naQbntQPpqg1jw044Pn0b2fJQ",
      "f5LRzbpcWNFYhVVkz8AKTogOmdW4cBx5GZYg7zvlkUg",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZjVMUnpicGNXTkZZaFZWa3o4QUtUb2dPbWRXNGNCeDVH"
      "WllnN3p2bGtVZyIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NBAAAAAPigEfOMCk0VgAYXER-e3H0AQFP736rOY97F_kfmUuvzXVOo"
      "v53WCWtef-ANUTCFatpocIWw2wgLgyzvROI2iO52kG57UD6aoNY8NOOD59G9nyWmAQIBAgMmIAEhWCAXWyemVrImDCYMVUJ4"
      "F11M-KL9G7lU39XrvyJk9SGaxiJYIIdfkOb9cSef6-MDRLyNScYcMTtyrtRTsf5d4TD8Kx7S",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "libfido2: a key whose members are not sorted", "localhost", "http://localhost",
      "U_vfqs5j3sX-R-ZS6_NdU6i_ndYJa15_4A1RMIVq2mhwhbDbCAuDLO9E4jaI7naQbntQPpqg1jw044Pn0b2fJQ",
      "NpNK7zLgCWZISYEHTFhTQTkmR_Gz1Ms7fGIGugitUTQ",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiTnBOSzd6TGdDV1pJU1lFSFRGaFRRVGttUl9HejFNczdm"
      "R0lHdWdpdFVUUSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NBAAAAAPigEfOMCk0VgAYXER-e3H0AQFP736rOY97F_kfmUuvzXVOo"
      "v53WCWtef-ANUTCFatpocIWw2wgLgyzvROI2iO52kG57UD6aoNY8NOOD59G9nyWlAyYBAiABIVggF1snplayJgwmDFVCeBdd"
      "TPii_Ru5VN_V678iZPUhmsYiWCCHX5Dm_XEnn-vjA0S8jUnGHDE7cq7UU7H-XeEw_Cse0g",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "libfido2: a TPM with RS256", "localhost", "http://localhost",
      "iZltWgAp5T5qHHJtcUpPA5toF9spGmsCbCb5vcMOOBo", "Kont0dqIPUsVAc4XzzE3i9SjXD-dpUznpSWaBt9z8c0",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiS29udDBkcUlQVXNWQWM0WHp6RTNpOVNqWEQtZHBVem5w"
      "U1dhQnQ5ejhjMCIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAAiYcFjK3EuBtuEw3lDcvpYAIImZbVoAKeU-ahxybXFKTwOb"
      "aBfbKRprAmwm-b3DDjgapAEDAzkBACBZAQDFtpwGHc-58l6ZfW1z2DbBSpAFTYJXwbZq0UMDhfhST9InkQu1k6Bo-IAbqmWX"
      "RRGGNNZn-NUSeYTucJkAY6i0QwtMV0rWm3VjikZX2xTIcdGzB2hYvFWEgCrSNp_BZKARS8kyMTrWhyYaOng9idsAKDuuKxtW"
      "4oxMY6xubPe1fU0LnwagEDU4IE3MB9cAToa6_ovkP0rWyr9nQBqk2oJSFbgUOnypAsEBacZR1LwflbLuH921cxZeKT9HrGX7"
      "Y1y5yBMt7IXecQ2Ek3R2kd0dbT3HNhkZht58ytbGZX5LJJzOkmsc4KCpbMPtTypUBwAyXhuUN83iMqjVLPsDnXnfIUMBAAE",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "libfido2: a TPM with ES256", "localhost", "http://localhost",
      "qN8D9785UZSVj6SElzC8PH4cmZFNrm3731O1th86Tmo", "Fh3VHiZZ0y7AT-oHOqBlh0Shhvpb0uq5r3iCfGramrI",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiRmgzVkhpWloweTdBVC1vSE9xQmxoMFNoaHZwYjB1cTVy"
      "M2lDZkdyYW1ySSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAAiYcFjK3EuBtuEw3lDcvpYAIKjfA_e_OVGUlY-khJcwvDx-"
      "HJmRTa5t-99TtbYfOk5qpQECAyYgASFYIPvWunTmblyH74mi6D0L6WksBwd6ih7OEuo7s_Hz2cPmIlggPGhRlFSN65-yLGZ1"
      "trdVIg2HWcQ5kWIXwsNTpSaXTy0",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "python-fido2: a packed attestation", "acme.com", "https://acme.com",
      "Pr2Jv3fsUJdV7pwmNe-qrHsrnFzvFzbDcX2khTTIxrZU1_-UX1C1zE54BVvdOWtk942ixfliAMzUFc0I_kIAOA",
      "38O3ZMPOMgUMK9rHc3_RkUqvi3MEk83WVdVpSDE5_3s",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiMzhPM1pNUE9NZ1VNSzlySGMzX1JrVXF2aTNNRWs4M1dW"
      "ZFZwU0RFNV8zcyIsIm9yaWdpbiI6Imh0dHBzOi8vYWNtZS5jb20iLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "EZQijaj9ve79JhvXtllc_XClDXDGQHvPAT3pbU77F95BAAAAAAAAAAAAAAAAAAAAAAAAAAAAQD69ib937FCXVe6cJjXvqqx7"
      "K5xc7xc2w3F9pIU0yMa2VNf_lF9QtcxOeAVb3TlrZPeNosX5YgDM1BXNCP5CADilAQIDJiABIVgg6HYliW7k5G3AMnZugIeW"
      "Lzbfnf6LVn83YwFbGZCmDhQiWCAn3mEtZkGL2hlQWB68XIwdrXEMsUwi-MlwRfRhL7IMkQ",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "python-fido2: Apple", "demo.yubico.com", "https://demo.yubico.com", "c9lCn0BS2E3r0DXrW7fnFuO4GGM",
      "Yt149uvxj739BDZeUHfwISVKiV2h9zrw2SkiajvBQ-Y",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWXQxNDl1dnhqNzM5QkRaZVVIZndJU1ZLaVYyaDl6cncy"
      "U2tpYWp2QlEtWSIsIm9yaWdpbiI6Imh0dHBzOi8vZGVtby55dWJpY28uY29tIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
      "xGzvgq0bVGR3WR0Aiwh1nsPm0uy085R0v-ppaZJdA7dFAAAAAAAAAAAAAAAAAAAAAAAAAAAAFHPZQp9AUthN69A161u35xbj"
      "uBhjpQECAyYgASFYIB9GovFZ_eNUWYzdR-AF8bbnyfAO0qlB7HqI0iL1vPVdIlggaweLxbC-lVLYWpdJIfW7hI4rvDrs1vca"
      "OG0sh9bq_Tc",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "python-fido2: a key of ML-DSA", "example.com", "https://example.com",
      "tFIcgpLiKdfhKI6JD7LEKL-78ioSiZLyO-oR7X8Cl6rTERcWHb5kS0GrmFaWfMLKxJjyvtTZuX2r0zvlP21lpzw",
      "xF3d15k8JVHtif5k3ki5pi3OekRAP_mVJRpV9BE3nwA",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoieEYzZDE1azhKVkh0aWY1azNraTVwaTNPZWtSQVBfbVZK"
      "UnBWOUJFM253QSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5jb20iLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "o3mm9u6vuaVeN4wRgDTidR5oL6ufLTCrE9ISVYbOGUdBAAAAA_igEfOMCk0VgAYXER-e3H0AQbRSHIKS4inX4SiOiQ-yxCi_"
      "u_IqEomS8jvqEe1_Apeq0xEXFh2-ZEtBq5hWlnzCysSY8r7U2bl9q9M75T9tZac8owEHAzgxIFkKIDBAliIHDyQDyAePYNBl"
      "mldoYbirltCcyq_WxMYgAs5f-DaTej9TVZznBn-G2Fgaqk0OA6s8wtSAhINHI_swntbb5LWR3SXyB-6-sPnBfLFiGH1DUH86"
      "PNloxpH44A1bFhSBBUR_IMd56fJmWqFAfHg7pN8kGZaiiQLVeXzt1cmEK3wW4QadQ0HaqZUt_m01JV-rh034PgbErDSjC54v"
      "K1ZFgjBRQ97n4IdlAcpRiIJKW7r69Fbw4L59We4KFALfDX-xr2wM_3DJPRjEwhKySZCIVizKL7lLdBSTp3qWuGPtMFVfYQJs"
      "BYYXyhzK5Vi5WzGA8eKQalDJZlPrJLlmfcIpo77UeWD7vef1wiaSpRMKzi3xL4sK_H_GTbYEltG7a3mch-toTAe8SI7vOj1L"
      "BcBAaVHecZElacxeHjjkkk-Pq9ClkqUHYKaCGYw0YLmbiONsi5HJX4nMGpRShMUgUOQ7hsyYXJ62plS53J26WlCqblR--gcA"
      "ZWGVI5_QImhtjCmfarGbyLxD9uvdnatgEx-xaW7HOZrIfSPPjBmasjXUIzYvssoL8yc2YF98OXs9kjjuFSQDZsn9nnAjX4wq"
      "8x3tNpCA2SEWtXpKmLZDdMnVBk3vhi3vh3K3T5TnaNE1LT_wf4gJqdRitalaFAlkXVh2gG20uNgJQxX1868aeEdYw1r5Ed6E"
      "kr4yYKpJChoiCItzDzCqiFNIZGyFJTU0LwkzN52sfu5Dbr2kA0V2MiX6xNC5wxNQj-6wyPp6Ez80-cb2iFN6CF3EDawqTc-a"
      "cJEKLAsZJQF5d_MM-9Td86sGSnXDXJREnb7v2NX20IjICFCzJ-tSL3C0PkiWDbxXIu0ni_DH33c1de38VtfIkQlnZnQoY8Uz"
      "8g9gOY6PlCDRLRpH-6cXPIfr-A7cz5qzCcKNkm4ng-NihkVpLMxxSIeVPmYwLX0Z7u7iBCR8l10EC3KLFAPtjO_6N0bdRhTy"
      "UKWlkxV9nkizGo0ENjFo22p0ZF0SrUWdcHQzxXshR1wrYDVDHlUdqoZwaEiC0zVcQ2YqHm46xSoChqVwNf3bVgRtkJSst75R"
      "qA4ESQJxhPYueUQ6kjF54ufcYqv-CFTS6CJyu9Z27yPzeMyXX0qtIZvG5Rlk2ptp0gxNpmAKzGbLdEKJTRv0HWgY67GbIEgv"
      "wS6TImmN5varK6zm0xdtEaGrQbLwXGQVOsR3Mpdg4MN-PJZWpI821NGA3nUI2rAb5M0fGzotfPjabZUiKAC0pDmkot4IpDYo"
      "iHECppwRMC9a2Qv9z-HJZIeFGUt3z3rYMKX4_DdSeEu5mULldQgLMCfnFbEThPeMiblcaKp4jHIj9LZcZpJEQ1ZkBFpVhJbL"
      "Fum6vFTcEm3TUyben0BgyDMXf_-Gz8a-jYUwDoIbWSJCjYpsGKWXWEiFjPcMT9N8AkKJdIXwvQsAD7VNZZrf1IHqkb3sLGkL"
      "qCRdExSyBCjN4Wg3ZaqCrVBweXyQT_MXlZ0lcxS18iAesSodNB0X640j_yfJf-SLXwsB2VK7syMan_oWPT94KvMTvP8ERUHl"
      "N3lxK0NyM3V38AIUcbctkFBZ2gO92dGr2ihGxo9qJyg966PlY0Uo91_UG6Gj5gmW3FzJrTa--w6X_EErJkpB3dhxYhj3OKjg"
      "6yvfCzYOEsOlgQDHUgahr_Vj58rtELb8zQOwkIaJrmuoULJjWmPZUw1HCV52T0Zyp6xy3xbwQosF6070Gkrw_WkwvDce2S1E"
      "6Hng0YuIBLo-Nb_PxCA43rVYCmgCoceRRYBArz8ctB-KJr4y7Ugoe51_Ozfllxw6hFU709o4xfxohTGplVW7tr2diTuAvrtw"
      "b5EMAnL_EY4K0oVNZ7uKr6R39pdLygwk3s9891wWcXb6d4lIV-KvjMGOZYedYq2uRpvAB5VOFq2I4bRpsPEr9wIqEm7hbBgK"
      "rsscYr-wnfkFz4tLyTB9-uu5kttcPxmxjQuaInwms0DIDDVCJzpGhp56WuWNAHqOIryvCSMM_ASYoSA4xE5ol6nu3WKQkKf0"
      "3z3ETIWjlURVg_7j-VCD4mFq68iNd51MSFgseQRS1CBioupK5y5jOQtbZiRQkZXuzzmGIR4QX3msZxbeaIyVaiZ6zJ9jE_8U"
      "IIuDYeTJe9f5dSBXB5uB18VUhLFRjW0V2nql0bLhv_oNKhh9oGMw7zldJtWbU7eWTX8PMNEOtcHi5ATW0leNSEIYMe5emXKJ"
      "o7OuMVI-SpUsl3HjyJg5J6Kb1PBTGLdzBDEOq_7dA45Mc-PX7L5gL4TFrRjHFjHnHyXjw9e7E_M3fTZ32Ruv6fS1stiV9nHs"
      "h8BdXsYRU5Aub7NugqNoYhUujtAvoXVYifr6XOyglAEpGoKukmDm3L6IEIr-gqsqELHLYBIzYVNaZGj57sKLaergWquBPoDS"
      "Lmh-5DqIQr-GDG_52z5EPmUyOhEW9CtXzQ4uc4kMjE7b4EherSrNs7MeDCenkBRBlyNoYT2Ed4UMUI5nHNcYgy7cgX0jkOHN"
      "RV75zMQFAv_S3TmOhbaJ8HZSRqMGCiUqLcb146uamWFGooa7zchQzQ9lIOfi9RoUX3p4ens4-K-TtqE6U6MVM2HboA1VpnSg"
      "CGshdt3oaSwfT0rer9RrHSr6klrsl4zDnWOoAvS7GKxVltrrAKU60D7DmQbnG2Rl8OaDUfuhWRVZe_DEpcUpFuglfQBjumSw"
      "Zqgn50vOXrt5Z6MiorLaTlQSr9mg1zKSHHdlwrgquT_ihwa2MCvKetteENeg2CmJWyAJ5-3ACFponH2hQnBoETMYXXJ3sJQt"
      "Q9GGqXCT9e2x0cery6P7h8mIiu_7847xoT44baootQAfNwTcyRbUsHlLNamVh0KINP6cf6XR-2Yhy33lMgcPWnh6FbPNxAXV"
      "jQxzBVcZo9jGcnf92NAqt7yvOA_NO4getFymak0IaVoQYEUz4XWm_CmaSpF82RsqPvDaHgfC8iCMbPn1fl4ThrqgTSRrmybI"
      "IXSzvDNQ66w0Vj9v-zFsiFCrqsfxXmXVD2SFevH_HwseTeqxJ1tkI37gXJrtmuF4uYtNR0KBwGLVfYs6bUw53qf0WO6Tx5Qg"
      "M54jSrz3v7GyyuAd0m9T6UydVsLKpy9WXQLXTnLStYHq5fKQjzhqe5yRY3IWajH9PbU4d5qxDbij3Iy74mmyBoMkx_CdHh7s"
      "h5sID5Ax_QX6wCs2E92zVAZbQpjKBy7QA2lxvltUsTpq0Szq4zLt4M8WJVJW1tZdeaZ6DR1nVczAmveMMjlTxgMN4Z4U9wh1"
      "QAc2UjCKvB34jNoVnbMIHnd-dTRNWUqrwhI_5MB_gYQftCLygmM6kEbuT6Wk26xSL0G6AS_Jqh8bZUhL7xUbe7NCwbUAAvMi"
      "zXBSAoyF5v_vsTPkSVMZ0dzGDmuTCJYJCpImg8JfXDtWJKBLAtVXAn_wV0kQ5nf5KUpa25kUq83vQw",
      LUCI_PASSKEY_FAULT_ALGORITHM, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
    { "libfido2: a security key over USB", "localhost", "http://localhost",
      "7YhIodtWTQ8NyI8P6RaxeKlAmHGgs_LPBXNsEr8AlvN7k7pJ7iO0eC77zieowiZ4zJUtQNvRQD0rozGgdYJj8A",
      "PZW3g5LZ5BDgl3_AobOvCgrmZca5cLvVFVFb_jqhCBE",
      "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiUFpXM2c1TFo1QkRnbDNfQW9iT3ZDZ3JtWmNhNWNMdlZG"
      "VkZiX2pxaENCRSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3QiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAPigEfOMCk0VgAYXER-e3H0AQO2ISKHbVk0PDciPD-kWsXip"
      "QJhxoLPyzwVzbBK_AJbze5O6Se4jtHgu-84nqMImeMyVLUDb0UA9K6MxoHWCY_ClAQIDJiABIVggnZWhtdYRv-IooH_KHtkJ"
      "Dw3njinoLhHbVWIT1ybCfisiWCC-dCqs3hFAdjEL7VXe8wPkHKxCY4_oMGO3B05d-xdemw",
      LUCI_PASSKEY_FAULT_NONE, NULL, NULL, NULL, NULL, NULL, NULL, LUCI_PASSKEY_FAULT_NONE },
};

/* Signatures of which the client data are not known, but their hash. */
typedef struct {
    const char *what;
    const char *key;  /* COSE_Key */
    const char *hash; /* of the client data */
    const char *asserted;
    const char *signature;
} passkey_signature_t;

static const passkey_signature_t passkey_signatures[] = {
    { "libfido2: ES256",
      "pQECAyYgASFYIDTrmXcCnDY4u8KuoKAYxmT86EmS13SeDEaMnabfRveEIlggYB4PiyOFSprswQifMNAN13Z7VUiRfE8PZBod"
      "-L4UkIo",
      "7I2PeEJKK7eCNKrKB6H2VkIctvazAIZSNS2iYkq-iXY", "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MAAAAAAw",
      "MEYCIQD20aPVJCve7qCQic34nr1rTVV55MFCJ7ebm6QK4kdkDgIhAOXJwoNHMccm5SWytDmn_D1wvumBDUpiqatKkcB9LSMe" },
    { "python-fido2: ES256",
      "pQECAyYgASFYIKX9XOGxxFjFMKVPphsxv2sEvouXr95U3Yy7aSdaihvhIlgg-joyMd2d7tnRiXvlpiKMWVAeS80Sl109_3MP"
      "ASeOphw",
      "e4nxKpCIsPXuDvj2cYvMw3QknDGu6663m9BFATLNU2w", "ACH1_AuFzSLmBiO819HKSJSJCSSbR3brUVFU5XtmrhIBAAAALA",
      "MEQCICs5M_6VSi0p3mkZAetzJTU5PUhZqqgNWLCHQVmBCVFtAiAjb75rUjJsCmsc_ca_CjW9qSpsLkHkDDoWQ0KNgglB4A" },
    { "python-fido2: RS256",
      "pAEDAzkBACBZAQC2ENzoS2UCn64k97-KFzDTe8kUNWQqYo5pHpsDC_P3zsWf-Ry-gsVN4WwTb6T6iliTm1qVCzLgMHNZL-yN"
      "izNgHAT3Dl4tXPe06AXhmQ6lqGkoobOQ65AmUnkzrMA-bkHcC-QKpet7m0YHQ-TdgIladY-z8_eU5em4MQ06YMKPJBDZXPbn"
      "MnSaJDowR1JnYotFbedwvCGFu-0dRR7LAGKj0TLA5NhC4N35OkRKPuM6hcLpExVjYXExVfHx3GTo5o7RdkZlU7veZp64KBCx"
      "BMtEB9Mq5jFsO9bzguw64sX9STBJhtZNku0RwltsXPEocjNUWph-mj4Wn5l5BgPbpcitIUMBAAE",
      "zJNA_YSVCYe6Zn2-myyXxyQeFeK1SGmg3RziATxAZLg", "ACH1_AuFzSLmBiO819HKSJSJCSSbR3brUVFU5XtmrhIBAAAALg",
      "BxtwfRHw5_YoYd-sqJxOZ0MhrYpuMp_dQMfWlxNI-7BRTnsrDv4hW6rANlxBJKgI-BgNZXW3EOfAHa6PBS0MWizoL0h8ZW56"
      "2CTz1pm-OJrd3iy_Oeh6iVXpMgK66IMKtBOadojf2thJ8btonzhSugW-1wiXVTzERwT2lB_RRnrWpGtNq1A3FtOG_ns5jnjg"
      "pajEBAU50sm_o35NlPlgkf_R0ZTeLKWOkSSjl1fwE4AUIeCb0mGtoxmSqLA4aoCvUah70M7o_asNRlFHdnDUx7JFSJvtMKV7"
      "g5ZNt5QY1aT18uWryidEJsn5CwB6lirhXf9zQ6-eEQdG4tuSJteFxg" },
    { "python-fido2: EdDSA", "pAEBAycgBiFYIO6bIYA0BdPPRWAeWLb0wG6pOGLeh9OvkDxYcKUBbob1",
      "AKEaMjBX0RA3hN3_maNU3dQjSMLwDojYl3uRbKv5Img", "o3mm9u6vuaVeN4wRgDTidR5oL6ufLTCrE9ISVYbOGUcBAAAABQ",
      "6Mkn7xpXxzj_S6jW-Q4G2DelIZ7uR5kflrEmsGhdUSUgycLu3r5LiP8t4rGctfhobvx8QmHp7RyzrF3lCGm-Cg" },
};

/* Keys for algorithms that are not offered. */
typedef struct {
    const char *what;
    const char *key;
} passkey_other_key_t;

static const passkey_other_key_t passkey_other_keys[] = {
    { "python-fido2: a key for ESP256",
      "pQECAyggASFYIKX9XOGxxFjFMKVPphsxv2sEvouXr95U3Yy7aSdaihvhIlgg-joyMd2d7tnRiXvlpiKMWVAeS80Sl109_3MP"
      "ASeOphw" },
    { "python-fido2: a key for Ed25519", "pAEBAzIgBiFYIO6bIYA0BdPPRWAeWLb0wG6pOGLeh9OvkDxYcKUBbob1" },
};

#endif
