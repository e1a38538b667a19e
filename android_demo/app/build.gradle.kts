plugins {
    alias(libs.plugins.android.application)
}

android {
    namespace = "io.github.pynetbokeh.demo"
    compileSdk = 35

    defaultConfig {
        applicationId = "io.github.pynetbokeh.demo"
        minSdk = 24
        targetSdk = 35
        versionCode = 1
        versionName = "0.1.0"
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }

    androidResources {
        noCompress += "tflite" // it is mapped into memory, which a compressed asset can't be
    }

    testOptions {
        unitTests {
            isIncludeAndroidResources = true
            all {
                // They need files that Python writes, and TFLite's library for this machine: `make android-test` has both.
                it.exclude("**/demo/app/*", "**/demo/engine/*", "**/demo/bench/BenchmarkOfAModelTest*")
            }
        }
    }
}

dependencies {
    implementation(libs.litert)
    implementation(libs.litert.gpu)
    implementation(libs.litert.gpu.api) // GpuDelegateFactory, which GpuDelegate's options extend

    testImplementation(libs.junit)
    testImplementation(libs.robolectric)
}
