/** The gateway as two processes, in front of servers that others wrote. */
package io.libchan.it.gateway;
