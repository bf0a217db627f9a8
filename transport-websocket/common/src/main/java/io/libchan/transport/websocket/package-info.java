/** What client and server of the WebSocket transport have in common: their TLS options. */
package io.libchan.transport.websocket;
