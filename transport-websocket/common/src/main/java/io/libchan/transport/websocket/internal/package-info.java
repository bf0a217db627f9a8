/** For the two artifacts of this transport alone. */
package io.libchan.transport.websocket.internal;
