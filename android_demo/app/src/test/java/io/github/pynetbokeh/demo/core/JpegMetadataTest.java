package io.github.pynetbokeh.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.github.pynetbokeh.demo.Reference;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import org.junit.Test;

/** Photos with metadata by Pillow. What is made of them is written beside them, and Python looks at it. */
public class JpegMetadataTest {
    @Test
    public void itIsKeptInWhatIsMadeOfAPhoto() throws Exception {
        for (Map<String, Object> one : Reference.cases("metadata")) {
            byte[] photo = Reference.bytes((String) one.get("photo"));
            assertEquals((String) one.get("name"), one.get("profile"), read(photo).hasProfile());
            byte[] made = made(photo, one);
            Reference.write((String) one.get("made"), made);
            assertEquals("upright", 1, read(made).orientation());
            assertArrayEquals("made again it stays", made, made(made, one));
        }
    }

    @Test
    public void withoutItsProfileNothingElseIsGone() throws Exception {
        for (Map<String, Object> one : Reference.cases("metadata")) {
            byte[] photo = Reference.bytes((String) one.get("photo"));
            byte[] bare = all(JpegMetadata.withoutProfile(new ByteArrayInputStream(photo)));
            assertFalse(read(bare).hasProfile());
            assertEquals(read(photo).orientation(), read(bare).orientation());
            assertEquals(Reference.whole(one.get("profile_bytes")), photo.length - bare.length);
        }
    }

    @Test
    public void aPhotoThatIsCutOffIsNotWhole() throws Exception {
        for (Map<String, Object> one : Reference.cases("metadata")) {
            byte[] photo = Reference.bytes((String) one.get("photo"));
            assertTrue((String) one.get("name"), isWhole(photo));
            assertTrue("something behind it", isWhole(Arrays.copyOf(photo, photo.length + 7)));
            for (int length : new int[] {photo.length - 1, photo.length - 2, photo.length - 60}) {
                assertFalse((String) one.get("name"), isWhole(Arrays.copyOf(photo, length)));
            }
        }
        assertTrue("no JPEG: its decoder knows", isWhole(new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
        assertTrue(isWhole(new byte[0]));
    }

    @Test
    public void brokenMetadataIsNoError() throws Exception {
        Map<String, Object> one = Reference.cases("metadata").get(0);
        byte[] photo = Reference.bytes((String) one.get("photo"));
        for (int place = 0; place < 700; place++) {
            for (int change : new int[] {0xff, 0x80, 1}) {
                byte[] broken = photo.clone();
                broken[place] ^= (byte) change;
                made(broken, one);
            }
            made(Arrays.copyOf(photo, place), one);
        }
    }

    private static byte[] made(byte[] photo, Map<String, Object> one) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        InputStream encoded = new ByteArrayInputStream(Reference.bytes((String) one.get("encoded")));
        read(photo).copyInto(encoded, Reference.whole(one.get("width")), Reference.whole(one.get("height")), out);
        return out.toByteArray();
    }

    private static JpegMetadata read(byte[] jpeg) throws IOException {
        return JpegMetadata.read(new ByteArrayInputStream(jpeg));
    }

    private static boolean isWhole(byte[] jpeg) throws IOException {
        return JpegMetadata.isWhole(new ByteArrayInputStream(jpeg));
    }

    private static byte[] all(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[1000];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            out.write(buffer, 0, count);
        }
        return out.toByteArray();
    }
}
