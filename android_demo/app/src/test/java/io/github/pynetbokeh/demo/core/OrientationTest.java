package io.github.pynetbokeh.demo.core;

import static org.junit.Assert.assertEquals;

import io.github.pynetbokeh.demo.Reference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.Test;

/** JPEGs that Pillow wrote. */
public class OrientationTest {
    @Test
    public void itIsFoundInEveryJpeg() throws Exception {
        List<Map<String, Object>> cases = Reference.cases("orientations");
        assertEquals(19, cases.size()); // 8 orientations in both byte orders, none, out of range, no JPEG
        for (Map<String, Object> one : cases) {
            byte[] jpeg = Reference.bytes((String) one.get("file"));
            assertEquals((String) one.get("name"), Reference.whole(one.get("orientation")), of(jpeg));
        }
    }

    @Test
    public void turningByItMakesThePictureUpright() throws Exception {
        for (Map<String, Object> one : Reference.cases("orientations")) {
            if (one.get("stored") == null) {
                continue;
            }
            Picture stored = Reference.picture(Reference.object(one.get("stored")));
            Picture wanted = Reference.picture(Reference.object(one.get("upright")));
            int orientation = Reference.whole(one.get("orientation"));
            Picture turned = Orientation.isMirrored(orientation) ? mirrored(stored) : stored;
            for (int degrees = Orientation.degrees(orientation); degrees > 0; degrees -= 90) {
                turned = clockwise(turned);
            }
            String name = (String) one.get("name");
            assertEquals(name, wanted.width, turned.width);
            assertEquals(name, Arrays.toString(wanted.data), Arrays.toString(turned.data));
        }
    }

    @Test
    public void brokenMetadataIsNoError() throws Exception {
        Map<String, Object> one = Reference.cases("orientations").get(5);
        byte[] jpeg = Reference.bytes((String) one.get("file"));
        for (int length = 0; length < 400; length++) {
            of(Arrays.copyOf(jpeg, length));
        }
        for (int place = 0; place < 400; place++) {
            byte[] broken = jpeg.clone();
            broken[place] ^= (byte) 0xff;
            int found = of(broken);
            assertEquals("byte " + place, Math.max(1, Math.min(8, found)), found);
        }
    }

    private static int of(byte[] jpeg) throws IOException {
        return JpegMetadata.read(new ByteArrayInputStream(jpeg)).orientation();
    }

    private static Picture mirrored(Picture picture) {
        Picture made = new Picture(picture.height, picture.width, 1);
        for (int index = 0; index < made.data.length; index++) {
            int x = index % picture.width;
            made.data[index] = picture.data[index - x + picture.width - 1 - x];
        }
        return made;
    }

    private static Picture clockwise(Picture picture) {
        Picture made = new Picture(picture.width, picture.height, 1);
        for (int y = 0; y < picture.height; y++) {
            for (int x = 0; x < picture.width; x++) {
                made.data[x * made.width + made.width - 1 - y] = picture.data[y * picture.width + x];
            }
        }
        return made;
    }
}
