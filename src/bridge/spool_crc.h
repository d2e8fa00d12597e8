/*
 * CRC-32 (ISO-HDLC, as zlib's) over what is written into a row of the spool. SQLite has no checksums on its pages: a
 * bit that flips inside a value would be given back as if it had been stored. Pure; keeps nothing.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_CRC_H
#define BLYNKD_BRIDGE_SPOOL_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Start with 0; feed the result in again to go on. */
uint32_t spool_crc(uint32_t crc, const void *bytes, size_t len);
/* Eight bytes, little-endian. */
uint32_t spool_crc_number(uint32_t crc, uint64_t number);

#endif
