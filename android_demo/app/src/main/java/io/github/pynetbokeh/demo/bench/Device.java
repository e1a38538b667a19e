package io.github.pynetbokeh.demo.bench;

import java.util.Map;

/** What the benchmark asks of the phone. The app answers by Android's services, tests by made-up values. */
public interface Device {
    /** Android's SDK_INT; 0 where there is no Android. */
    int sdk();

    /** Manufacturer, model, Android's version, processor … by name, as they shall stand in the result. */
    Map<String, Object> facts();

    /** PowerManager's thermal status as a word (none, light, moderate, severe …), or unknown below Android 10. */
    String thermalState();
}
