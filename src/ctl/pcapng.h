/*
 * Writes a capture file that Wireshark opens: Blynk's frames as the payload of a TCP connection between two addresses
 * that are kept for documentation, and the lines to and from the modem as text beside them. Owns the file it is given
 * until pcapng_close(). It invents addresses, ports and sequence numbers, never payload.
 *
 * The format: IETF draft-ietf-opsawg-pcapng, sections 4.1 to 4.3; link types from www.tcpdump.org/linktypes.html.
 */
#ifndef BLYNKD_CTL_PCAPNG_H
#define BLYNKD_CTL_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_PAYLOAD_MAX 2048
#define PCAPNG_FRAME_MAX   65000 /* with what was left out: a packet has no more */

struct pcapng {
    FILE *file;
    uint16_t port;         /* of the device; the next one with each connection */
    uint32_t sequences[2]; /* of the device, of the server */
    uint16_t packet_id;
};

/* Takes the file and writes the headers. False: it cannot be written. */
bool pcapng_begin(struct pcapng *pcapng, FILE *file);
/* The payload that follows belongs to another connection. */
void pcapng_next_connection(struct pcapng *pcapng);
/* left_out: how many bytes more the frame had, which nobody has kept; a reader shows it as cut while captured. */
bool pcapng_frame(struct pcapng *pcapng, uint64_t wall_us, bool to_server, const uint8_t *data, size_t len,
                  size_t left_out);
bool pcapng_text(struct pcapng *pcapng, uint64_t wall_us, const char *text);
bool pcapng_close(struct pcapng *pcapng);

#endif
