package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;

public class StatusTest {
    @Test
    public void theActivityThatCameLastIsTold() {
        List<String> told = new ArrayList<>();
        Status status = new Status("empty");
        Status.Listener old = () -> told.add("old: " + status.message);
        status.say("nobody hears it");
        status.attach(old);
        status.attach(() -> told.add("new: " + status.message)); // a rotation: the new one comes before the old one goes
        status.detach(old);
        status.say("opened");
        assertEquals(Arrays.asList("old: nobody hears it", "new: nobody hears it", "new: opened"), told);
    }
}
