/** Many small things by number. */
package io.libchan.core.table;
