/**
 * What the codecs that stand on Jackson share: the mapping of Java types, attachments and errors. A
 * codec adds a {@link io.libchan.codec.jackson.Syntax}, which is how its bytes look.
 */
package io.libchan.codec.jackson;
