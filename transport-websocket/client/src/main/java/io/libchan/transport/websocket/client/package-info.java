/** Sessions over WebSocket: the side that connects. */
package io.libchan.transport.websocket.client;
