/** Three processes in a row, of which any may be killed: what the others learn. */
package io.libchan.examples.threenodes;
