#include "spool_crc.h"

/* The remainders of the sixteen half bytes, polynomial 0xEDB88320: 64 bytes of table are fast enough for rows. */
static const uint32_t remainders[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

uint32_t spool_crc(uint32_t crc, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc = remainders[(crc ^ at[i]) & 15] ^ (crc >> 4);
        crc = remainders[(crc ^ (at[i] >> 4)) & 15] ^ (crc >> 4);
    }
    return ~crc;
}

uint32_t spool_crc_number(uint32_t crc, uint64_t number)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return spool_crc(crc, bytes, sizeof(bytes));
}
