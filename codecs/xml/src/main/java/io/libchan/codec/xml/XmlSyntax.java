package io.libchan.codec.xml;

import com.ctc.wstx.api.WstxInputProperties;
import com.ctc.wstx.stax.WstxInputFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.Limits;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import org.codehaus.stax2.XMLInputFactory2;

/** XML under the limits of one format. Thread-safe. */
final class XmlSyntax implements Syntax {
  private static final int MAX_ATTRIBUTES = 4; // one more than there are

  private final Limits limits;
  private final WstxInputFactory factory = newFactory();

  XmlSyntax(Limits limits) {
    this.limits = limits;
  }

  @Override
  public MessageParser parser(
      byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper) throws IOException {
    return new XmlParser(
        new XmlReader(factory, limits).read(bytes, offset, length), claims, mapper);
  }

  @Override
  public JsonGenerator generator(Outgoing out, ObjectCodec mapper) {
    return new XmlGenerator(out, mapper);
  }

  /**
   * Reads elements, attributes and text, and never anything but the bytes of the message. Sizes are
   * checked by {@link XmlReader}, which sees each element before the next one is read.
   */
  private static WstxInputFactory newFactory() {
    WstxInputFactory factory = new WstxInputFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
    factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, false);
    factory.setProperty(XMLInputFactory2.P_INTERN_NAMES, false);
    factory.setProperty(XMLInputFactory2.P_LAZY_PARSING, false);
    factory.setProperty(WstxInputProperties.P_MAX_ATTRIBUTES_PER_ELEMENT, MAX_ATTRIBUTES);
    factory.setProperty(WstxInputProperties.P_MAX_ATTRIBUTE_SIZE, Integer.MAX_VALUE);
    factory.setProperty(WstxInputProperties.P_MAX_ELEMENT_DEPTH, Integer.MAX_VALUE);
    factory.setXMLResolver(
        (publicId, systemId, base, namespace) -> {
          throw new XMLStreamException("nothing outside of a message is read");
        });
    return factory;
  }
}
