#include "pcapng.h"

#include <string.h>

#define BLOCK_SECTION   0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET    6u
#define BYTE_ORDER_MARK 0x1a2b3c4du

#define LINKTYPE_IPV4 228u
/* Tags say how the text behind them is shown; Wireshark's epan/exported_pdu.h has their numbers. */
#define LINKTYPE_UPPER_PDU 252u
#define PDU_TAG_DISSECTOR  12u
#define PDU_TAG_PROTOCOL   33u /* what stands in the column */

#define OPTION_END     0u
#define OPTION_COMMENT 1u
#define OPTION_NAME    2u /* if_name */
#define OPTION_UNIT    9u /* if_tsresol: 6 = microseconds */
#define SNAP_LENGTH    65535u

#define IP_HEADER   20
#define TCP_HEADER  20
#define SERVER_PORT 80u
#define FIRST_PORT  49152u /* the first of the ports for connections that come and go, RFC 6335 */

static const uint8_t device_address[4] = {192, 0, 2, 1};    /* TEST-NET-1, RFC 5737 */
static const uint8_t server_address[4] = {198, 51, 100, 1}; /* TEST-NET-2 */

#define TEXT_MAX 1024 /* of a line to or from the modem; it stands in a packet and in its comment */

struct bytes {
    size_t len;
    uint8_t data[PCAPNG_PAYLOAD_MAX + TEXT_MAX + 256];
};

/* ---- putting numbers ---- */

static void put(struct bytes *bytes, const void *data, size_t len)
{
    size_t room = sizeof(bytes->data) - bytes->len;

    memcpy(bytes->data + bytes->len, data, len < room ? len : room);
    bytes->len += len < room ? len : room;
}

static void put_le32(struct bytes *bytes, uint32_t value)
{
    put(bytes,
        (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)},
        4);
}

static void put_le16(struct bytes *bytes, uint16_t value)
{
    put(bytes, (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

static void put_be16(struct bytes *bytes, uint16_t value)
{
    put(bytes, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put_be32(struct bytes *bytes, uint32_t value)
{
    put_be16(bytes, (uint16_t)(value >> 16));
    put_be16(bytes, (uint16_t)value);
}

static void pad_to_4(struct bytes *bytes)
{
    while (bytes->len % 4) {
        put(bytes, "", 1);
    }
}

/* An option of a block (little endian) or a tag of a packet (big endian): what it is, its length, its text. */
static void put_text(struct bytes *bytes, bool is_tag, uint16_t code, const char *text)
{
    size_t len = strnlen(text, TEXT_MAX);

    if (is_tag) {
        put_be16(bytes, code);
        put_be16(bytes, (uint16_t)((len + 3) / 4 * 4));
    } else {
        put_le16(bytes, code);
        put_le16(bytes, (uint16_t)len);
    }
    put(bytes, text, len);
    pad_to_4(bytes);
}

/* ---- blocks ---- */

static bool write_block(struct pcapng *pcapng, uint32_t type, const struct bytes *body)
{
    struct bytes head = {0}, tail = {0};
    uint32_t total = (uint32_t)body->len + 12;

    put_le32(&head, type);
    put_le32(&head, total);
    put_le32(&tail, total);
    return fwrite(head.data, head.len, 1, pcapng->file) == 1 &&
           fwrite(body->data, body->len, 1, pcapng->file) == 1 &&
           fwrite(tail.data, tail.len, 1, pcapng->file) == 1;
}

static bool write_interface(struct pcapng *pcapng, uint16_t link_type, const char *name)
{
    struct bytes body = {0};

    put_le16(&body, link_type);
    put_le16(&body, 0);
    put_le32(&body, SNAP_LENGTH);
    put_text(&body, false, OPTION_NAME, name);
    put_le16(&body, OPTION_UNIT);
    put_le16(&body, 1);
    put(&body, "\6", 1);
    pad_to_4(&body);
    put_le32(&body, OPTION_END);
    return write_block(pcapng, BLOCK_INTERFACE, &body);
}

static bool write_packet(struct pcapng *pcapng, uint32_t interface, uint64_t wall_us,
                         const struct bytes *packet, size_t left_out, const char *comment)
{
    struct bytes body = {0};

    put_le32(&body, interface);
    put_le32(&body, (uint32_t)(wall_us >> 32));
    put_le32(&body, (uint32_t)wall_us);
    put_le32(&body, (uint32_t)packet->len);
    put_le32(&body, (uint32_t)(packet->len + left_out));
    put(&body, packet->data, packet->len);
    pad_to_4(&body);
    if (comment) {
        put_text(&body, false, OPTION_COMMENT, comment);
        put_le32(&body, OPTION_END);
    }
    return write_block(pcapng, BLOCK_PACKET, &body) && fflush(pcapng->file) == 0;
}

/* ---- packets ---- */

/* RFC 1071, over what is there so far. */
static uint32_t sum_of(const uint8_t *data, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    }
    return sum;
}

static void set_checksum(uint8_t *at, uint32_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    at[0] = (uint8_t)(~sum >> 8);
    at[1] = (uint8_t)~sum;
}

static void put_ip_header(struct bytes *packet, struct pcapng *pcapng, bool to_server, size_t len)
{
    put_be16(packet, 0x4500); /* version 4, five words of header */
    put_be16(packet, (uint16_t)(IP_HEADER + TCP_HEADER + len));
    put_be16(packet, pcapng->packet_id++);
    put_be16(packet, 0x4000); /* not to be fragmented */
    put_be16(packet, 0x4006); /* 64 hops, TCP */
    put_be16(packet, 0);
    put(packet, to_server ? device_address : server_address, 4);
    put(packet, to_server ? server_address : device_address, 4);
    set_checksum(packet->data + 10, sum_of(packet->data, IP_HEADER, 0));
}

/* The checksum of a frame that was cut is as if zeros followed: no reader checks it then. */
static void put_tcp(struct bytes *packet, const struct pcapng *pcapng, bool to_server, const uint8_t *data,
                    size_t len, size_t left_out)
{
    uint8_t *segment = packet->data + packet->len;

    put_be16(packet, to_server ? pcapng->port : SERVER_PORT);
    put_be16(packet, to_server ? SERVER_PORT : pcapng->port);
    put_be32(packet, pcapng->sequences[to_server ? 0 : 1]);
    put_be32(packet, pcapng->sequences[to_server ? 1 : 0]);
    put_be16(packet, 0x5018); /* five words of header; PSH and ACK */
    put_be16(packet, 0xffff);
    put_be32(packet, 0);
    put(packet, data, len);
    /* The pseudo header: both addresses, the protocol, the length. */
    uint32_t sum = sum_of(packet->data + 12, 8, 6 + (uint32_t)(TCP_HEADER + len + left_out));
    set_checksum(segment + 16, sum_of(segment, TCP_HEADER + len, sum));
}

/* ---- its face ---- */

bool pcapng_begin(struct pcapng *pcapng, FILE *file)
{
    struct bytes body = {0};

    *pcapng = (struct pcapng){.file = file, .port = FIRST_PORT, .sequences = {1, 1}};
    put_le32(&body, BYTE_ORDER_MARK);
    put_le16(&body, 1);
    put_le16(&body, 0);
    put_le32(&body, UINT32_MAX); /* the section's length: not known */
    put_le32(&body, UINT32_MAX);
    return write_block(pcapng, BLOCK_SECTION, &body) && write_interface(pcapng, LINKTYPE_IPV4, "Blynk") &&
           write_interface(pcapng, LINKTYPE_UPPER_PDU, "modem");
}

void pcapng_next_connection(struct pcapng *pcapng)
{
    pcapng->port = pcapng->port == UINT16_MAX ? FIRST_PORT : (uint16_t)(pcapng->port + 1);
    pcapng->sequences[0] = 1;
    pcapng->sequences[1] = 1;
}

bool pcapng_frame(struct pcapng *pcapng, uint64_t wall_us, bool to_server, const uint8_t *data, size_t len,
                  size_t left_out)
{
    struct bytes packet = {0};

    if (len > PCAPNG_PAYLOAD_MAX) {
        left_out += len - PCAPNG_PAYLOAD_MAX;
        len = PCAPNG_PAYLOAD_MAX;
    }
    left_out = left_out < PCAPNG_FRAME_MAX - len ? left_out : PCAPNG_FRAME_MAX - len;
    put_ip_header(&packet, pcapng, to_server, len + left_out);
    put_tcp(&packet, pcapng, to_server, data, len, left_out);
    pcapng->sequences[to_server ? 0 : 1] += (uint32_t)(len + left_out);
    return write_packet(pcapng, 0, wall_us, &packet, left_out, NULL);
}

bool pcapng_text(struct pcapng *pcapng, uint64_t wall_us, const char *text)
{
    struct bytes packet = {0};

    put_text(&packet, true, PDU_TAG_DISSECTOR, "data-text-lines");
    put_text(&packet, true, PDU_TAG_PROTOCOL, "AT");
    put_be32(&packet, 0); /* no more tags */
    put(&packet, text, strnlen(text, TEXT_MAX));
    return write_packet(pcapng, 1, wall_us, &packet, 0, text);
}

bool pcapng_close(struct pcapng *pcapng)
{
    bool ok = !ferror(pcapng->file);

    return fclose(pcapng->file) == 0 && ok;
}
