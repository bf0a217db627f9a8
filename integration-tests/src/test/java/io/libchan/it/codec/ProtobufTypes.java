package io.libchan.it.codec;

import io.libchan.codec.protobuf.ProtobufCodec;
import io.libchan.patterns.Heard;
import io.libchan.spi.Codec;
import io.libchan.testkit.Boxes;
import io.libchan.testkit.CallContract;
import io.libchan.testkit.FileContract;
import io.libchan.testkit.ForwardContract;
import io.libchan.testkit.Note;

/** The records of the contract, bound to generated messages. */
final class ProtobufTypes {
  static final Codec CODEC =
      new ProtobufCodec()
          .with(Note.class, io.libchan.it.codec.proto.Note.class)
          .with(Boxes.SenderBox.class, io.libchan.it.codec.proto.SenderBox.class)
          .with(Boxes.ReceiverBox.class, io.libchan.it.codec.proto.ReceiverBox.class)
          .with(Boxes.TwoSenders.class, io.libchan.it.codec.proto.TwoSenders.class)
          .with(Boxes.ManySenders.class, io.libchan.it.codec.proto.ManySenders.class)
          .with(Boxes.StreamBox.class, io.libchan.it.codec.proto.StreamBox.class)
          .with(Boxes.PipeBox.class, io.libchan.it.codec.proto.PipeBox.class)
          .with(Boxes.Request.class, io.libchan.it.codec.proto.Request.class)
          .with(Boxes.Deep.class, io.libchan.it.codec.proto.Deep.class)
          .with(Boxes.DeepReceiver.class, io.libchan.it.codec.proto.DeepReceiver.class)
          .with(Boxes.Link.class, io.libchan.it.codec.proto.Link.class)
          .with(Boxes.Payload.class, io.libchan.it.codec.proto.Payload.class)
          .with(Boxes.Text.class, io.libchan.it.codec.proto.Text.class)
          .with(Boxes.NoteAndSender.class, io.libchan.it.codec.proto.NoteAndSender.class)
          .with(FileContract.FileBox.class, io.libchan.it.codec.proto.FileBox.class)
          .with(FileContract.NumberBox.class, io.libchan.it.codec.proto.NumberBox.class)
          .with(FileContract.StreamsBox.class, io.libchan.it.codec.proto.StreamsBox.class)
          .with(ForwardContract.RequestBox.class, io.libchan.it.codec.proto.RequestBox.class)
          .with(ForwardContract.PayloadBox.class, io.libchan.it.codec.proto.PayloadBox.class)
          .with(ForwardContract.BoxesBox.class, io.libchan.it.codec.proto.BoxesBox.class)
          .with(ForwardContract.LooseBox.class, io.libchan.it.codec.proto.LooseBox.class)
          .with(CallContract.Listing.class, io.libchan.it.codec.proto.Listing.class)
          .with(Heard.class, io.libchan.it.codec.proto.Heard.class);

  private ProtobufTypes() {}
}
