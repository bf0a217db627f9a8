/** The {@code inmem} transport: sessions inside one process, by name. */
package io.libchan.transport.inmem;
