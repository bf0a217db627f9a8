import org.jspecify.annotations.NullMarked;

/** Turns a message into XML and back. */
@NullMarked
module io.libchan.codec.xml {
  requires com.ctc.wstx;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires transitive io.libchan.codec.jackson;
  requires java.xml;
  requires org.codehaus.stax2;
  requires static org.jspecify;

  exports io.libchan.codec.xml;

  provides io.libchan.spi.Codec with
      io.libchan.codec.xml.XmlCodec;
}
